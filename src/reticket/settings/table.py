"""The base class of every table of settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of settings: immutable, and it knows its members."""

    model_config = ConfigDict(frozen=True, extra="forbid")
