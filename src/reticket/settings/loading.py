"""Reads the settings once: the command line over RETICKET_ variables over a TOML file.

A fault becomes a SettingError of one sentence: the key, the fault, the accepted values. Knows no
dialect: the composition root passes their token kinds and option classes.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import reprlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_origin, get_type_hints

import msgspec
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
)

from reticket import dialects
from reticket.core.errors import SettingError
from reticket.core.policy import Policy, by_any_name
from reticket.core.tokens.kinds import TokenKind
from reticket.directory.typed import fault_of, path_of
from reticket.settings import PolicyChange, Settings
from reticket.settings.catalogue import (
    PREFIX,
    REPLACED,
    accepts,
    field_of,
    key_of,
    siblings_of,
    variable,
)
from reticket.settings.values import BEARER, BEARER_WORDS, TOGETHER, items

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

_NEVER_IN_A_FILE = frozenset({"master_key", "metrics_token"})


def load(file: Path | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings of this process.

    Args:
        file: a TOML file; None reads none.
        overrides: the command line's values by key; None values are ignored.

    Raises:
        SettingError: an unknown key or variable, a bad value, a file that cannot be read.
    """
    written = _read(file) if file else {}
    said = {key: value for key, value in (overrides or {}).items() if value is not None}
    _check_variables()
    sources = (
        InitSettingsSource(Settings, said),
        EnvSettingsSource(Settings),
        InitSettingsSource(Settings, written),
    )
    _check_hidden(sources, file)
    try:
        settings = Settings(_build_sources=(sources, {}))
    except ValidationError as error:
        raise _setting_error(error.errors()[0], said, file) from None
    shipped = dialects.presets()
    only_known((name for name in settings.policies if "." not in name), shipped, "policies.")
    for name, preset in shipped.items():
        _check(_changed(preset, settings, name), name)
    return settings


def _check_hidden(sources: tuple[PydanticBaseSettingsSource, ...], file: Path | None) -> None:
    """Check values that another source overrides too: at the next start they may be in force."""
    for start in range(1, len(sources)):
        try:
            Settings(_build_sources=(sources[start:], {}))
        except ValidationError as error:
            for fault in error.errors():
                if fault["type"] != TOGETHER:
                    raise _setting_error(fault, {}, file) from None


def policies_for(settings: Settings, kinds: Iterable[TokenKind]) -> dict[str, Policy]:
    """The policy of each token kind by its name: the preset's changes are applied first, then its
    own.

    Raises:
        SettingError: changes for an unknown kind, or numbers that do not fit together.
    """
    by_name = {kind.name: kind for kind in kinds}
    only_known((name for name in settings.policies if "." in name), by_name, "policies.")
    policies = {}
    for name, kind in by_name.items():
        preset = _changed(kind.policy, settings, kind.policy.name)
        policies[name] = _changed(preset, settings, name)
        _check(policies[name], name)
    return policies


def presets(settings: Settings) -> dict[str, Policy]:
    """Every preset with its changes, by its name with and without the year."""
    shipped = dialects.presets()
    return by_any_name({name: _changed(each, settings, name) for name, each in shipped.items()})


def issuer_of(settings: Settings) -> str:
    """The issuer of OAuth tokens: the setting, or the service's address.

    A command beside the service uses the address that was last served, or the one that will be.
    """
    return settings.issuer or served_address(settings) or address(settings, settings.port)


def served_address(settings: Settings) -> str | None:
    """The address at which the data folder was served last; None when it never was."""
    try:
        return _address_file(settings).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def metrics_token(settings: Settings) -> str | None:
    """The bearer token of `/metrics`, from the variable or from its file; None without one.

    Raises:
        SettingError: the file cannot be read, or holds something else.
    """
    file = settings.metrics_token_file
    if file is None:
        return settings.metrics_token
    try:
        token = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not re.fullmatch(BEARER, token):
        raise SettingError(f"metrics_token_file must name a readable file of {BEARER_WORDS}")
    return token


def tell_address(settings: Settings, url: str) -> None:
    """Write the served address for commands beside the service. The data folder must exist."""
    file = _address_file(settings)
    file.touch(mode=0o600)
    file.write_text(url, "utf-8")


def _address_file(settings: Settings) -> Path:
    return settings.data / "address"


def address(settings: Settings, port: int) -> str:
    """The address of the service at that port, as a client writes it."""
    scheme = "https" if settings.tls_certificate else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{port}"


def policy_warnings(policies: Mapping[str, Policy]) -> list[str]:
    """Sentences that an operator should know about these policies, for the log and for `doctor`."""
    return [
        f"policies.{name}: {warning}"
        for name, chosen in policies.items()
        for warning in chosen.warnings()
    ]


def issuer_warnings(settings: Settings, url: str) -> list[str]:
    """Sentences that an operator should know about the issuer. Clients cannot reach an address that
    means all addresses of the machine.
    """
    if settings.issuer or not _is_every_address(settings.host):
        return []
    return [f"clients are told {url}, which leads nowhere: set issuer ({variable('issuer')})"]


def _is_every_address(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def options_for(options: type[T], table: Mapping[str, object], where: str) -> T:
    """An instance of a frozen dataclass from a table of settings.

    Args:
        options: its fields have defaults; they may have `msgspec.Meta` bounds.
        table: as `Settings.dialects` holds it; texts from variables are converted.
        where: the table's key, such as `dialects.oauth`.

    Raises:
        SettingError: an unknown name, or a value of another type.
    """
    fields = (*dataclasses.fields(options), *dataclasses.fields(_EveryDialect))
    only_known(table, [field.name for field in fields], f"{where}.")
    try:
        return msgspec.convert(_with_lists(table, options), options, strict=False)
    except msgspec.ValidationError as error:
        fault = fault_of(error, options)
        raise SettingError(f"{where}{path_of(fault.path)} {fault.words}") from None


def _with_lists(table: Mapping[str, object], options: type) -> dict[str, object]:
    """The table with the lists that variables contain as text."""
    types = {name: get_origin(kind) for name, kind in get_type_hints(options).items()}
    return {
        name: items(value) if types.get(name) in (tuple, list, frozenset) else value
        for name, value in table.items()
    }


@dataclasses.dataclass(frozen=True, slots=True)
class _EveryDialect:
    """The members that each dialect's table may have beside the dialect's own options."""

    enabled: bool = True
    handover: Mapping[str, Any] | None = None


def is_enabled(settings: Settings, dialect: str) -> bool:
    """Whether a dialect is enabled. SettingError for a value that is neither true nor false."""
    table = settings.dialects.get(dialect, {})
    said = {name: value for name, value in table.items() if name == "enabled"}
    return options_for(_EveryDialect, said, f"dialects.{dialect}").enabled


def own_options(settings: Settings, dialect: str) -> dict[str, Any]:
    """The table of a dialect without the members that every dialect's table may have."""
    table = settings.dialects.get(dialect, {})
    of_every = [field.name for field in dataclasses.fields(_EveryDialect)]
    return {name: value for name, value in table.items() if name not in of_every}


def only_known(found: Iterable[str], known: Iterable[str], where: str) -> None:
    """Refuse the first unknown name.

    Args:
        found: the names in the settings.
        known: the existing names.
        where: a prefix of the names in the message, such as `dialects.`.

    Raises:
        SettingError: with the nearest known name, or all of them when none is near.
    """
    names = [where + name for name in known]
    for name in found:
        if where + name not in names:
            raise _unknown(where + name, names)


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///` URL; None for one of a server."""
    scheme, _, name = url.partition(":///")
    return Path(name) if scheme == "sqlite" else None


def _read(file: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{file} is not UTF-8 text, as TOML must be") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{file} is not valid TOML: {error}") from None
    for secret in _NEVER_IN_A_FILE & written.keys():
        raise SettingError(f"{file}: {secret} is accepted only as {variable(secret)}")
    return written


def _check_variables() -> None:
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and field_of(key_of(name)) is None:
            raise _unknown(name, [variable(key) for key in siblings_of(key_of(name))])


def _unknown(name: str, known: Sequence[str], before: str = "") -> SettingError:
    if key_of(name) in REPLACED:
        return SettingError(f"{before}{name} is no longer a setting: {REPLACED[key_of(name)]}")
    near = _nearest(name, known)
    hint = f"did you mean {near[0]}?" if near else f"accepted are {', '.join(known) or 'none'}"
    return SettingError(f"{before}{name} is not a setting; {hint}")


def _nearest(name: str, known: Sequence[str]) -> Sequence[str]:
    """The known name that is like the name, if one is. In a known table the members are compared:
    the name of the table would make all of them alike.
    """
    table, _, member = key_of(name).rpartition(".")
    members = {
        found: each
        for each in known
        for inside, _, found in [key_of(each).rpartition(".")]
        if inside == table
    }
    if not table or not members:
        return difflib.get_close_matches(name, known, 1)
    return [members[found] for found in difflib.get_close_matches(member, members, 1)]


def _setting_error(
    error: ErrorDetails, said: Mapping[str, object], file: Path | None
) -> SettingError:
    """Pydantic's error as one sentence that never shows a secret."""
    key = ".".join(part for part in error["loc"] if isinstance(part, str))
    if error["type"] == TOGETHER:
        return SettingError(error["msg"])
    field = field_of(key)
    if field is None:
        return _unknown(key, siblings_of(key), f"{file}: " if file else "")
    value = f", is {reprlib.repr(error['input'])}" if field.repr else ""
    return SettingError(f"{_spelled(key, said, file)} must be {accepts(field).words}{value}")


def _spelled(key: str, said: Mapping[str, object], file: Path | None) -> str:
    """The key as the source of its value spells it."""
    if key in said:
        return "--" + key.replace("_", "-")
    if variable(key) in map(str.upper, os.environ):
        return variable(key)
    return f"{file}: {key}" if file else key


def _changed(base: Policy, settings: Settings, name: str) -> Policy:
    change = settings.policies.get(name, PolicyChange()).model_dump(exclude_none=True)
    return dataclasses.replace(base, **change)


def _check(chosen: Policy, name: str) -> None:
    for fault in chosen.faults():
        raise SettingError(f"policies.{name}: {fault}")
