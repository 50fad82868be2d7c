"""One module per family of events, found by its name; each has FAMILY."""
