"""The sub-commands of `fleet`: thin functions that import what they need when they run."""
