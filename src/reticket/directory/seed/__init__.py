"""Seed files: directories written by hand in YAML, read with line numbers, checked and loaded."""

from reticket.directory.seed.clients import (
    check_kinds,
    checked_registration,
    edited_registration,
    new_registration,
    policy_faults,
    unknown_kinds,
)
from reticket.directory.seed.demo_parts import people_of_realms
from reticket.directory.seed.form import read_seed
from reticket.directory.seed.load import DEMO, Made, load_seed

__all__ = [
    "DEMO",
    "Made",
    "check_kinds",
    "checked_registration",
    "edited_registration",
    "load_seed",
    "new_registration",
    "people_of_realms",
    "policy_faults",
    "read_seed",
    "unknown_kinds",
]
