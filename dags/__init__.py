"""When: each file is a list of commands that a person could type."""
