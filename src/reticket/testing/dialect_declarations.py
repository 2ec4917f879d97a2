"""The half of a dialect's contract that asks what it declares, and starts no operation."""

from __future__ import annotations

import dataclasses
import re

import pytest

from reticket import dialects
from reticket.core.errors import SettingError
from reticket.core.people import Application, User
from reticket.core.policy import PRESETS
from reticket.core.tokens.kinds import Facts
from reticket.directory.seed import people_of_realms
from reticket.directory.seed.parts import keys_of
from reticket.directory.typed import checked
from reticket.oauth.mapped_claims import RESERVED
from reticket.settings.loading import options_for
from reticket.testing.dialect_samples import sample_family, samples_of
from reticket.wire import Dialect
from reticket.wire_examples import ACCESS, REFRESH
from reticket.wire_paths import whole_path


class DeclarationsContract:
    """The contract of the members of a dialect."""

    @pytest.fixture
    def dialect(self) -> Dialect:
        """The dialect under test, built with its defaults."""
        raise NotImplementedError("give the class a fixture `dialect`")

    def test_it_is_found_by_its_name(self, dialect: Dialect) -> None:
        assert dialects.modules()[dialect.name].build().name == dialect.name

    def test_its_options_have_defaults_and_are_frozen(self, dialect: Dialect) -> None:
        options = dialects.modules()[dialect.name].Options
        assert options.__dataclass_params__.frozen
        assert options() == options()

    def test_no_other_dialect_has_its_paths(self, dialect: Dialect) -> None:
        for other in _others(dialect):
            assert other.base_path != dialect.base_path, other.name
            assert _addresses(other).isdisjoint(_addresses(dialect)), other.name

    def test_its_presets_are_its_own(self, dialect: Dialect) -> None:
        names = [preset.name for preset in dialect.presets]
        taken = {preset.name for other in _others(dialect) for preset in other.presets}
        assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*_20\d\d", name) for name in names)
        assert len(set(names)) == len(names)
        assert taken.isdisjoint(names)
        assert set(PRESETS).isdisjoint(names)

    def test_the_directory_can_keep_its_parts(self, dialect: Dialect) -> None:
        for part in filter(None, (dialect.person, dialect.tenant, dialect.program)):
            assert part.dialect == dialect.name
            assert part.kind.__struct_config__.frozen
            assert part.kind.__struct_config__.forbid_unknown_fields
            for said in part.demo.values():
                checked(said, part.kind)

    def test_the_demo_can_have_the_people_of_its_realms(self, dialect: Dialect) -> None:
        for entry in people_of_realms(dialects.profiles([dialect])):
            assert any(realms.holds(entry.record.realm) for realms in dialect.realms)
            assert entry.secret

    def test_the_keys_of_its_parts_are_its_own(self, dialect: Dialect) -> None:
        for member in ("person", "tenant", "program"):
            part = getattr(dialect, member)
            others = [each for other in _others(dialect) if (each := getattr(other, member))]
            if part is not None:
                taken = {name for each in others for name in (each.key, *keys_of([each]))}
                assert taken.isdisjoint({part.key, *keys_of([part])})
                assert not part.has_places or not any(each.has_places for each in others)

    def test_its_base_path_is_one(self, dialect: Dialect) -> None:
        assert re.fullmatch(r"(/[a-z0-9._-]+)+", dialect.base_path)

    def test_its_kinds_of_token_are_named_after_it(self, dialect: Dialect) -> None:
        names = [kind.name for kind in dialect.kinds]
        assert names
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(rf"{dialect.name}\.[a-z0-9_]+", name) for name in names)

    def test_what_it_tells_of_a_holder_replaces_no_claim_with_a_meaning(
        self, dialect: Dialect
    ) -> None:
        for kind in dialect.kinds:
            if kind.told is not None:
                holder = samples_of(dialect)["ada"] if kind.subjects is User else _PROGRAM
                facts = Facts(sample_family(kind), holder, None, 0, 0)
                assert RESERVED.isdisjoint(kind.told(facts)), kind.name

    def test_the_part_that_it_needs_is_its_own(self, dialect: Dialect) -> None:
        for kind in dialect.kinds:
            assert kind.part in (None, dialect.person and dialect.person.dialect), kind.name

    def test_its_policies_have_no_faults(self, dialect: Dialect) -> None:
        for kind in dialect.kinds:
            assert kind.policy.faults() == [], kind.name

    def test_its_routes_are_distinct(self, dialect: Dialect) -> None:
        keys = [(route.method, route.path) for route in dialect.routes]
        assert len(set(keys)) == len(keys)

    @pytest.mark.parametrize("value", ["Zq7", "", 0, -1, True, [], {}], ids=repr)
    def test_a_wrong_value_of_an_option_is_an_error_of_the_setting(
        self, dialect: Dialect, value: object
    ) -> None:
        module = dialects.modules()[dialect.name]
        for field in dataclasses.fields(module.Options):
            try:
                options = options_for(module.Options, {field.name: value}, "dialects.any")
            except SettingError:
                continue
            module.build(options)

    def test_its_examples_call_its_routes(self, dialect: Dialect) -> None:
        known = {(route.method, whole_path(dialect, route)) for route in dialect.routes}
        for example in dialect.examples:
            for method, address in (example.sign_in, example.refresh):
                assert (method, address.partition("?")[0]) in known, example.title

    def test_the_second_call_of_its_examples_sends_a_token(self, dialect: Dialect) -> None:
        for example in dialect.examples:
            texts = [example.then_body or "", *example.then_headers.values()]
            words = [[word for word in (ACCESS, REFRESH) if word in text] for text in texts]
            assert all(len(found) <= 1 for found in words), example.title
            assert example.then_body is None or any(words), example.title
            assert set(example.tokens) <= {ACCESS, REFRESH}, example.title
            assert all(re.fullmatch(r"\w+", name) for name in example.tokens.values())

    def test_it_shows_the_setting_of_a_second_factor(self, dialect: Dialect) -> None:
        options = dialects.modules()[dialect.name].Options
        shown = any(example.refused is not None for example in dialect.examples)
        assert shown == ("second_factor" in {field.name for field in dataclasses.fields(options)})


_PROGRAM = Application("program", tenants=None, disabled=False)


def _others(dialect: Dialect) -> list[Dialect]:
    return [other for other in dialects.with_defaults() if other.name != dialect.name]


def _addresses(dialect: Dialect) -> set[tuple[str, str]]:
    """Methods and whole paths, with all path parameters written alike."""
    return {
        (
            route.method,
            re.sub(r"\{\w+\}", "{}", whole_path(dialect, route)),
        )
        for route in dialect.routes
    }
