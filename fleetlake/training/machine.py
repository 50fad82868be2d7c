"""The machine that this process runs on."""

import os

from fleetlake.settings import settings
from fleetlake.training.budget import Machine


def this_machine() -> Machine:
    """Its cores that we may use, its memory, and what a core costs by the settings."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(cores, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), settings().core_hour_eur)
