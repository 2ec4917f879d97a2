"""The table `[dialects.NAME.handover]`: sign-ins that an old back end decides (ADR 0028)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reticket.settings.table import Table
from reticket.settings.values import TOGETHER, Accepts, Count, ExistingFile, Switch

_Way = Annotated[Literal["webhook", "vendor"], Accepts("webhook or vendor")]
_Url = Annotated[
    str,
    Field(pattern=r"^https://[^/?#\s@]+(/[^?#\s]*)?$"),
    Accepts("an https:// URL"),
]
_Timeout = Annotated[float, Field(gt=0, le=10), Accepts("seconds, more than 0 and at most 10")]
_Pause = Annotated[int, Field(ge=1, le=3600), Accepts("a whole number of seconds, from 1 to 3600")]
_Part = Annotated[Mapping[str, Any], Accepts("a table of members")]


class HandoverTable(Table):
    """How the sign-ins of one dialect are handed over."""

    by: _Way = Field(description="way in which the old back end is asked")
    url: _Url = Field(description="its address")
    secret_file: ExistingFile | None = Field(
        None,
        description="file with the key of the webhook's signatures (`whsec_` and base64), or with "
        "what the vendor's server wants",
    )
    timeout: _Timeout = Field(5.0, description="how long its answer is waited for")
    failures: Count = Field(
        5, description="failures of it in a row, after which it is not asked for a while"
    )
    pause: _Pause = Field(30, description="how long that while is")
    keeps_unknown: Switch = Field(
        True, description="whether people are kept whom the directory does not have yet"
    )
    part: _Part = Field(
        default_factory=dict,
        description="what the dialect keeps of such a person, as in a directory file",
    )

    @model_validator(mode="after")
    def _secret_of_the_way(self) -> Self:
        if self.by == "webhook" and self.secret_file is None:
            raise _together("secret_file must be set where by is webhook")
        return self


def _together(sentence: str) -> PydanticCustomError:
    return PydanticCustomError(TOGETHER, sentence)
