"""Services that run on this machine beside the commands, one process group each, with their state in FLEET_HOME/services."""
