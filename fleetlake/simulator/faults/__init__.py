"""Labelled faults: which events they are planted on, what they do to them, and what must become of them."""
