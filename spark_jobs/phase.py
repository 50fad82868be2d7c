"""Where a job stands, told to a drill that wants to kill it there."""

import os


def phase(name: str) -> None:
    """Appends `name` to the file FLEET_PHASE_FILE, where that is set: `files` are about to be written, a table to be committed, …"""
    if path := os.environ.get("FLEET_PHASE_FILE"):
        with open(path, "a") as file:
            file.write(f"{name}\n")
