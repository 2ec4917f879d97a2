"""Reads which claims the tokens of a client have, from its registration."""

from __future__ import annotations

import re

from reticket.directory.seed.yaml_value import YamlValue
from reticket.oauth.mapped_claims import MOST, PATHS, RESERVED, part_path
from reticket.oauth.standard_claims import STANDARD_CLAIMS

_NAME = re.compile(r"[0-9A-Za-z:/._-]{1,128}")


def declared_claims(value: YamlValue) -> dict[str, str]:
    """Names of claims, each with the path of its value. A path into what a dialect keeps is checked
    when the client is stored.
    """
    members = value.members()
    if len(members) > MOST:
        raise value.fault(f"must have at most {MOST} claims")
    for name, path in members.items():
        if name in RESERVED or not _NAME.fullmatch(name):
            raise path.fault("is a name with a meaning of its own, or no word")
        if path.text() not in PATHS and part_path(path.text()) is None:
            raise path.fault(f"must be user.DIALECT.MEMBER or one of {', '.join(PATHS)}")
    paths = {name: path.text() for name, path in members.items()}
    if len(set(paths.values())) < len(paths):
        raise value.fault("must not have one path twice")
    return paths


def standard_claim(value: YamlValue) -> str:
    """The name of a claim of OpenID Connect Core §5.1."""
    if value.text() not in STANDARD_CLAIMS:
        raise value.fault(f"must be a standard claim: {', '.join(STANDARD_CLAIMS)}")
    return value.text()
