"""Reads the tables `[dialects.NAME.handover]`. A fault becomes a SettingError of one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reticket.core.errors import SettingError
from reticket.settings import Settings
from reticket.settings.catalogue import accepts
from reticket.settings.handover import HandoverTable
from reticket.settings.loading import only_known
from reticket.settings.values import TOGETHER


def handover_of(settings: Settings, dialect: str) -> HandoverTable | None:
    """How sign-ins of a dialect are handed over; None when they are not.

    Raises:
        SettingError: an unknown member, a bad value, or members that do not fit together.
    """
    table = settings.dialects.get(dialect, {}).get("handover")
    where = f"dialects.{dialect}.handover"
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise SettingError(f"{where} must be a table")
    only_known(table, HandoverTable.model_fields, f"{where}.")
    try:
        return HandoverTable(**table)
    except ValidationError as error:
        raise _handover_error(error.errors()[0], where) from None


def _handover_error(error: ErrorDetails, where: str) -> SettingError:
    if error["type"] == TOGETHER:
        return SettingError(f"{where}: {error['msg']}")
    name = str(error["loc"][0])
    words = accepts(HandoverTable.model_fields[name]).words
    return SettingError(f"{where}.{name} must be {words}")
