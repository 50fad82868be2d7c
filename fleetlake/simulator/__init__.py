"""A fleet that never was: deterministic by seed, believable, with labelled faults, and the truth about what was sent."""
