"""Finds the record of a subject who is no user: a program, or a guest, who has none."""

from __future__ import annotations

from reticket.core.model import Holder
from reticket.core.people import Client, Guest
from reticket.core.ports import Directory


def holder_but_user(directory: Directory, subjects: type, subject: str) -> Holder | None:
    """The subject's record, or None when it was deleted or disabled. `subjects` is the type of a
    token kind's subjects.
    """
    if subjects is Guest:
        return Guest(subject)
    look_up = directory.client if subjects is Client else directory.application
    program = look_up(subject)
    return program if program and not program.disabled else None
