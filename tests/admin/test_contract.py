"""The admin API passes the contract of dialects, but it has no token kind of its own."""

from types import SimpleNamespace

import pytest

from reticket.admin import Admin, AdminContext
from reticket.admin.guard import KIND
from reticket.core.policy import PRESETS, by_any_name
from reticket.dialects import modules
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.testing.dialect_contract import DialectContract


class TestAdmin(DialectContract):
    @pytest.fixture
    def dialect(self):
        return Admin(AdminContext.closed(Provider("http://127.0.0.1:8088", by_any_name(PRESETS))))

    def test_it_is_found_by_its_name(self, dialect):
        assert dialect.name == "admin"

    def test_its_options_have_defaults_and_are_frozen(self, dialect):
        assert dialect.name not in modules()

    def test_a_wrong_value_of_an_option_is_an_error_of_the_setting(self, dialect):
        assert dialect.name not in modules()

    def test_it_shows_the_setting_of_a_second_factor(self, dialect):
        assert not dialect.examples

    def test_a_setting_says_what_happens_to_a_second_factor_that_it_cannot_ask_for(self, dialect):
        assert not dialect.examples

    def test_its_kinds_of_token_are_named_after_it(self, dialect):
        assert dialect.kinds == ()

    def test_its_commands_are_its_own_and_show_no_secret(self, dialect):
        dialect.kinds = [SimpleNamespace(name=name) for name in (KIND, CLIENT, USER)]
        super().test_its_commands_are_its_own_and_show_no_secret(dialect)
