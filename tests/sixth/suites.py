"""The tests that are run in the copy. There this is also a plugin of pytest, which chooses them."""

from __future__ import annotations

import pytest

ADDED = ("directus", "onetoken")
"""A dialect with a pair of tokens in bodies, and one with a single token in a header."""

BY_NAME = {
    "tests/dialects/test_answers_from_copies.py",
    "tests/dialects/test_every_dialect.py",
    "tests/dialects/test_what_is_said_of_tokens.py",
    "tests/docs/test_docs.py",
    "tests/docs/test_plain_words.py",
    "tests/http/test_examples.py",
    "tests/http/test_inspected_kinds.py",
    "tests/http/test_openapi_to_try.py",
    "tests/http/test_second_factor.py",
    "tests/moving/compare/test_differences.py",
    "tests/openapi/test_fixtures_agree.py",
    "tests/openapi/test_schemathesis.py",
    "tests/wire/test_growth.py",
}
"""Suites whose tests have the name of their dialect."""

OF_ALL = {
    "tests/architecture/test_imports.py": "kept",
    "tests/architecture/test_tree.py": "forbidden or long",
    "tests/architecture/test_vendors.py": "outside",
    "tests/cli/test_commands.py": "openapi",
    "tests/core/test_policy.py": "preset",
    "tests/dialects/test_debug.py": "debug",
    "tests/docs/test_docs.py": "generated or readme or links",
    "tests/docs/test_quickstarts.py": "every_dialect",
    "tests/docs/test_security_page.py": "limit",
    "tests/http/test_front_page.py": "every_link",
    "tests/http/test_second_factor.py": "demo_shows",
    "tests/http/test_unforeseen.py": "internal_error",
}
"""Suites that look at all dialects in one test, with words of its name."""

IN_THE_COPY = "tests/sixth/in_the_copy.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if _is_chosen(*item.nodeid.split("::", 1))]


def _is_chosen(suite: str, name: str) -> bool:
    by_name = suite in BY_NAME and any(dialect in name for dialect in ADDED)
    words = OF_ALL[suite].split(" or ") if suite in OF_ALL else ()
    return suite == IN_THE_COPY or by_name or any(word in name for word in words)
