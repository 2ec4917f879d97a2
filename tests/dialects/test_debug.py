"""A response contains the internal cause only when an operator sets `debug`."""

import pytest
from tests.dialects.every import MODULES

from reticket.runtime.opening import Builder
from reticket.settings.loading import load
from reticket.testing.dialect_fixtures import error_of, request_of

REQUEST = request_of({"method": "POST", "path": "/api/any"})
REFUSAL = error_of({"code": "invalid_token", "cause": "wrong_client"})


WITH_DEBUG = {name for name, module in MODULES.items() if hasattr(module.Options(), "debug")}


@pytest.mark.parametrize(("settings", "telling"), [({}, set()), ({"debug": True}, WITH_DEBUG)])
def test_a_refusal_shows_its_cause_only_in_debug_mode(
    settings: dict[str, object], telling: set[str]
) -> None:
    said = {
        each.name: each.refuse(REQUEST, REFUSAL)
        for each in Builder().dialects(load(None, settings))
    }
    assert {name for name, answer in said.items() if b"wrong_client" in answer.body} == telling
