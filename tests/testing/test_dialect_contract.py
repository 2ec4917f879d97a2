"""The contract sees each rule broken."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import Struct

from reticket import dialects
from reticket.core.commands import FactorRule, Refresh
from reticket.core.errors import Code, ReticketError, StartupError
from reticket.core.policy import BROWSER_2026, Policy
from reticket.core.profiles import Part
from reticket.core.realms import Realms
from reticket.dialects import akinon, kibo
from reticket.dialects.akinon import Akinon, Options
from reticket.directory.errors import Invalid
from reticket.directory.typed import Faulty
from reticket.testing.dialect_contract import MARK, DialectContract
from reticket.wire import Operation, Route, WireRequest, WireResponse

CONTRACT = DialectContract()


def dialect(**changes: Any) -> Any:
    """A good dialect but for these members."""
    found = Akinon(Options())
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def with_first_route(change: Callable[[Route], Route]) -> Any:
    first, *others = dialect().routes
    return dialect(routes=[change(first), *others])


def refusing(answer: Callable[[WireRequest, ReticketError], WireResponse]) -> Any:
    return dialect(refuse=answer)


def asking(command: object) -> Any:
    def operate(request: WireRequest) -> Operation:
        yield command  # type: ignore[misc]
        return WireResponse(200, b"{}")

    return with_first_route(lambda route: replace(route, operate=operate))


def test_a_valid_dialect_passes() -> None:
    CONTRACT.test_every_code_has_a_wire_form(dialect())


def test_a_code_without_a_wire_form_is_found() -> None:
    forms = dict(dialect().refusals)
    del forms[Code.TOO_LARGE]
    with pytest.raises(AssertionError):
        CONTRACT.test_every_code_has_a_wire_form(dialect(refusals=forms))


def test_a_refusal_that_raises_is_found() -> None:
    def refuse(request: WireRequest, error: ReticketError) -> WireResponse:
        raise KeyError(error.code)

    with pytest.raises(KeyError):
        CONTRACT.test_it_answers_every_code(refusing(refuse), Code.INTERNAL)


def test_a_refusal_that_shows_the_request_is_found() -> None:
    def refuse(request: WireRequest, error: ReticketError) -> WireResponse:
        return WireResponse(400, request.body)

    with pytest.raises(AssertionError):
        CONTRACT.test_a_refusal_shows_no_secret(refusing(refuse), Code.INVALID_TOKEN)


def test_a_refusal_that_shows_the_reason_is_found() -> None:
    def refuse(request: WireRequest, error: ReticketError) -> WireResponse:
        return WireResponse(503, str(error).encode())

    with pytest.raises(AssertionError):
        CONTRACT.test_a_refusal_does_not_say_what_failed(refusing(refuse))


def test_a_refusal_that_shows_its_cause_is_found() -> None:
    def refuse(request: WireRequest, error: ReticketError) -> WireResponse:
        return WireResponse(401, str(getattr(error, "cause", "")).encode())

    with pytest.raises(AssertionError):
        CONTRACT.test_refusals_of_a_kind_are_one_answer(refusing(refuse), Code.INVALID_TOKEN)


def test_a_missing_retry_after_is_found() -> None:
    def refuse(request: WireRequest, error: ReticketError) -> WireResponse:
        return WireResponse(429, b"{}")

    with pytest.raises(KeyError):
        CONTRACT.test_it_says_when_to_come_back(refusing(refuse))


@pytest.mark.parametrize("status", [200, 500, 429])
def test_a_failing_store_with_another_status_is_found(status: int) -> None:
    def refuse(request: WireRequest, error: ReticketError) -> WireResponse:
        return WireResponse(status, b"{}", headers=((b"retry-after", b"17"),))

    with pytest.raises(AssertionError):
        CONTRACT.test_a_failing_store_is_503(refusing(refuse))


@pytest.mark.parametrize("base_path", ["", "/", "/api/", "api"])
def test_an_invalid_base_path_is_found(base_path: str) -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_its_base_path_is_one(dialect(base_path=base_path))


def test_a_token_kind_of_another_dialect_is_found() -> None:
    foreign = [replace(dialect().kinds[0], name="kibo.user")]
    with pytest.raises(AssertionError):
        CONTRACT.test_its_kinds_of_token_are_named_after_it(dialect(kinds=foreign))


@pytest.mark.parametrize("path", ["/a/", "a", "/{a}/{b}", "/a/b{c}", "/"])
def test_an_invalid_path_is_found(path: str) -> None:
    broken = with_first_route(lambda route: replace(route, path=path))
    with pytest.raises(AssertionError):
        CONTRACT.test_one_segment_of_a_path_is_open_at_most(broken)


def test_a_duplicate_route_is_found() -> None:
    first = dialect().routes[0]
    with pytest.raises(AssertionError):
        CONTRACT.test_its_routes_are_distinct(dialect(routes=[first, first]))


def test_a_route_without_a_description_is_found() -> None:
    broken = with_first_route(lambda route: replace(route, describe=None))
    for check in (CONTRACT.test_every_route_is_described, CONTRACT.test_its_document_is_whole):
        with pytest.raises(AssertionError):
            check(broken)


def test_an_operation_that_fails_on_a_body_is_found() -> None:
    def operate(request: WireRequest) -> Operation:
        raise UnicodeDecodeError("utf-8", request.body, 0, 1, "")
        yield

    broken = with_first_route(lambda route: replace(route, operate=operate))
    with pytest.raises(UnicodeDecodeError):
        CONTRACT.test_it_survives_any_body(broken, b"", b"")


def test_a_command_for_another_dialect_is_found() -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_its_commands_are_its_own_and_show_no_secret(asking(Refresh("kibo.user", "")))


def test_a_command_that_shows_a_secret_is_found() -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_its_commands_are_its_own_and_show_no_secret(asking(MARK))


def test_missing_options_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(akinon, "Options")
    with pytest.raises(StartupError, match=r"reticket\.dialects\.akinon is no dialect"):
        CONTRACT.test_its_options_have_defaults_and_are_frozen(dialect())


def test_an_option_without_a_default_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Needed:
        word: str

    monkeypatch.setattr(akinon, "Options", Needed)
    with pytest.raises(TypeError):
        CONTRACT.test_its_options_have_defaults_and_are_frozen(dialect())


@pytest.mark.parametrize(
    "changes",
    [
        {"base_path": "/api"},
        {"base_path": "/api/platform", "routes": [Route("GET", "/tenants/{id}", lambda _: None)]},
    ],
)
def test_a_path_of_another_dialect_is_found(changes: dict[str, Any]) -> None:
    CONTRACT.test_no_other_dialect_has_its_paths(dialect())
    with pytest.raises(AssertionError):
        CONTRACT.test_no_other_dialect_has_its_paths(dialect(**changes))


@pytest.mark.parametrize("preset", [BROWSER_2026, kibo.KIBO_2026])
def test_a_preset_with_a_used_name_is_found(preset: Policy) -> None:
    CONTRACT.test_its_presets_are_its_own(dialect())
    with pytest.raises(AssertionError):
        CONTRACT.test_its_presets_are_its_own(dialect(presets=[preset]))


def test_a_module_that_is_no_dialect_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def put(name: str) -> None:
        place = tmp_path / f"beside {name}"
        place.mkdir()
        (place / f"{name}.py").touch()
        monkeypatch.setattr(dialects, "__path__", [*dialects.__path__, str(place)])

    put("_helper")
    CONTRACT.test_it_is_found_by_its_name(dialect())
    put("helper")
    with pytest.raises(StartupError, match="name it _helper if it helps one"):
        CONTRACT.test_it_is_found_by_its_name(dialect())


class Loose(Struct):
    name: str = ""


class Firm(Struct, frozen=True, forbid_unknown_fields=True):
    name: str


@pytest.mark.parametrize(
    "part",
    [
        Part("akinon", Loose, "akinon"),
        Part("kibo", Firm, "akinon"),
        Part("akinon", Firm, "akinon", demo={"ada@example.com": {"name": 1}}),
    ],
)
def test_a_part_that_cannot_be_stored_is_found(part: Part[Any]) -> None:
    CONTRACT.test_the_directory_can_keep_its_parts(dialect())
    with pytest.raises((AssertionError, Faulty)):
        CONTRACT.test_the_directory_can_keep_its_parts(dialect(person=part))


@pytest.mark.parametrize(
    "part", [Part("akinon", Firm, "cloudreve"), Part("akinon", Firm, "akinon", has_places=True)]
)
def test_a_part_with_a_used_key_is_found(part: Part[Any]) -> None:
    CONTRACT.test_the_keys_of_its_parts_are_its_own(dialect())
    with pytest.raises(AssertionError):
        CONTRACT.test_the_keys_of_its_parts_are_its_own(dialect(person=part))


@pytest.mark.parametrize("changes", [{"pasword": "p"}, {"email": "nobody"}])
def test_a_person_of_a_realm_that_the_demo_cannot_have_is_found(changes: dict[str, str]) -> None:
    person = {"email": "a@example.com", "password": "p"}
    for is_good, said in ((True, person), (False, person | changes)):
        realms = Realms("akinon.shopper", "shoppers", demo={None: [said]})
        with nullcontext() if is_good else pytest.raises(Invalid):
            CONTRACT.test_the_demo_can_have_the_people_of_its_realms(dialect(realms=[realms]))


GOOD = dialect().examples[0]
UNFIT_EXAMPLES = {
    "two words in one text": replace(GOOD, then_body="ACCESS_TOKEN REFRESH_TOKEN"),
    "no token": replace(GOOD, then_body="{}"),
    "an unknown word": replace(GOOD, tokens={"TOKEN": "token"}),
    "a member that is a pattern": replace(GOOD, tokens={"ACCESS_TOKEN": ".*"}),
}


@pytest.mark.parametrize("name", UNFIT_EXAMPLES)
def test_an_example_that_cannot_be_printed_is_found(name: str) -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_the_second_call_of_its_examples_sends_a_token(
            dialect(examples=[UNFIT_EXAMPLES[name]])
        )


def test_an_example_with_a_token_in_a_header_passes() -> None:
    said = replace(GOOD, then_body="", then_headers={"Authorization": "REFRESH_TOKEN"})
    CONTRACT.test_the_second_call_of_its_examples_sends_a_token(dialect(examples=[said]))


@pytest.mark.parametrize("member", ["sign_in", "refresh"])
def test_an_example_of_an_unknown_path_is_found(member: str) -> None:
    said = replace(GOOD, **{member: ("POST", "/api/v1/none")})
    with pytest.raises(AssertionError):
        CONTRACT.test_its_examples_call_its_routes(dialect(examples=[said]))


def test_a_setting_of_a_second_factor_that_no_example_shows_is_found() -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_it_shows_the_setting_of_a_second_factor(
            dialect(examples=[replace(GOOD, refused=None)])
        )


def with_options(monkeypatch: pytest.MonkeyPatch, options: type, build: Any = None) -> None:
    module = SimpleNamespace(Options=options, build=build)
    monkeypatch.setattr(dialects, "modules", lambda: {"akinon": module})


@dataclass(frozen=True)
class Untyped:
    second_factor: str = "refuse"


@dataclass(frozen=True)
class Empty:
    pass


def test_an_option_whose_wrong_value_stops_the_start_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_options(monkeypatch, Untyped, lambda options: FactorRule(options.second_factor))
    with pytest.raises(ValueError, match="Zq7"):
        CONTRACT.test_a_wrong_value_of_an_option_is_an_error_of_the_setting(dialect(), "Zq7")


def test_a_second_factor_that_is_refused_without_a_setting_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_options(monkeypatch, Empty)
    with pytest.raises(AssertionError):
        CONTRACT.test_a_setting_says_what_happens_to_a_second_factor_that_it_cannot_ask_for(
            dialect()
        )


def test_a_setting_of_a_second_factor_without_effect_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_options(monkeypatch, Untyped, lambda options: dialect())
    with pytest.raises(AssertionError):
        CONTRACT.test_a_setting_says_what_happens_to_a_second_factor_that_it_cannot_ask_for(
            dialect()
        )
