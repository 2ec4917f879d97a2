"""Reads the policy that a client's registration names."""

from __future__ import annotations

from collections.abc import Mapping

from reticket.core.policy import Policy, Reuse
from reticket.directory.seed.fields import Fields
from reticket.directory.seed.yaml_value import YamlValue

_SECONDS = range(2**31)


def policy(value: YamlValue, presets: Mapping[str, Policy]) -> Mapping[str, object]:
    """A preset's name, or a mapping that names one and overrides members of it."""
    if value.type == "str":
        return {"preset": _preset(value, presets)}
    fields = Fields(value, ("preset", *_OVERRIDES))
    fields.required("preset", YamlValue.text)
    changes = {key: fields.optional(key, read, None) for key, read in _OVERRIDES.items()}
    said = {key: value for key, value in changes.items() if value is not None}
    return {"preset": fields.required("preset", lambda said: _preset(said, presets)), **said}


def _preset(value: YamlValue, presets: Mapping[str, Policy]) -> str:
    if value.text() not in presets:
        raise value.fault(f"must be a preset's name, in capitals: {', '.join(sorted(presets))}")
    return value.text()


def _seconds(value: YamlValue) -> int:
    return value.integer(_SECONDS)


def _reuse(value: YamlValue) -> str:
    text = value.text()
    if text not in tuple(Reuse):
        raise value.fault(f"must be {' or '.join(Reuse)}")
    return text


_OVERRIDES = {
    "access": _seconds,
    "refresh": _seconds,
    "absolute": _seconds,
    "window": _seconds,
    "reuse": _reuse,
    "rotates": YamlValue.flag,
}
