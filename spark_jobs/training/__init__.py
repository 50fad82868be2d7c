"""Trainings and scorings as jobs: what they read is released, what they take is watched, and what they cost is booked."""
