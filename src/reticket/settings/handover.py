"""The table `[dialects.NAME.handover]`: sign-ins that an old back end decides (ADR 0028)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reticket.settings.table import Table
from reticket.settings.values import TOGETHER, Accepts, Count, ExistingFile, Switch

NAME = "{name}"
"""In a filter, the place of the name that a person signs in with."""

_Way = Annotated[Literal["webhook", "ldap", "vendor"], Accepts("webhook, ldap or vendor")]
_Url = Annotated[
    str,
    Field(pattern=r"^(https://[^/?#\s@]+(/[^?#\s]*)?|ldaps://[^/?#\s@]+/?)$"),
    Accepts("an https:// URL, or an ldaps:// URL without a path"),
]
_Timeout = Annotated[float, Field(gt=0, le=10), Accepts("seconds, more than 0 and at most 10")]
_Pause = Annotated[int, Field(ge=1, le=3600), Accepts("a whole number of seconds, from 1 to 3600")]
_Text = Annotated[str, Field(min_length=1, max_length=1024), Accepts("a text")]
_Part = Annotated[Mapping[str, Any], Accepts("a table of members")]


class HandoverTable(Table):
    """How the sign-ins of one dialect are handed over."""

    by: _Way = Field(description="way in which the old back end is asked")
    url: _Url = Field(description="its address")
    secret_file: ExistingFile | None = Field(
        None,
        description="file with the key of the webhook's signatures (`whsec_` and base64), the "
        "password of `bind_dn`, or what the vendor's server wants",
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
    bind_dn: _Text | None = Field(
        None, description="LDAP: name to search with; without it the search is anonymous"
    )
    base: _Text | None = Field(None, description="LDAP: entry below which people are searched")
    filter: _Text = Field(
        f"(mail={NAME})",
        description=f"LDAP: filter that finds one person; `{NAME}` is the e-mail address",
    )

    @model_validator(mode="after")
    def _address_of_the_way(self) -> Self:
        scheme = "ldaps" if self.by == "ldap" else "https"
        if not self.url.startswith(f"{scheme}://"):
            raise _together(f"url must begin with {scheme}:// where by is {self.by}")
        return self

    @model_validator(mode="after")
    def _secret_of_the_way(self) -> Self:
        if self.by == "webhook" and self.secret_file is None:
            raise _together("secret_file must be set where by is webhook")
        if self.by == "ldap" and (self.bind_dn is None) != (self.secret_file is None):
            raise _together("bind_dn and secret_file must be set together where by is ldap")
        return self

    @model_validator(mode="after")
    def _whole_search(self) -> Self:
        if self.by != "ldap":
            return self
        if self.base is None:
            raise _together("base must be set where by is ldap")
        if NAME not in self.filter:
            raise _together(f"filter must contain {NAME}")
        return self


def _together(sentence: str) -> PydanticCustomError:
    return PydanticCustomError(TOGETHER, sentence)
