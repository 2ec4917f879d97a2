import pytest

from reticket.dialects.kibo.answers import media_type
from reticket.dialects.kibo.schemas import date_of


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/json", "text/json"),
        ("Text/Plain; charset=utf-8", "text/plain"),
        ("text/plain, application/json", "text/plain"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/plain;q=0.5, application/json;q=0.8", "application/json"),
        ("text/plain;q=0.5, application/json;q=0.4", "text/plain"),
        ("*/*;q=0.8, text/plain", "text/plain"),
        ("text/*", "text/json"),
        ("text/*, text/json;q=0", "text/plain"),
        ("application/*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/html", "application/json"),
        ("application/json;q=0", "application/json"),
        ("text/html, application/json;q=0", "application/json"),
        ("application/json;q=0, */*", "text/json"),
        ("text/json;q=0.9;x=1, application/json;q=x", "application/json"),
        ("application/vnd.api+json", "application/json"),
        (",;q=,", "application/json"),
    ],
)
def test_the_type_of_an_answer(accept: str | None, answered: str) -> None:
    assert media_type(accept) == answered.encode()


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_745_650_708_000, "2025-04-26T06:58:28.000Z"),
        (1_745_650_708_007, "2025-04-26T06:58:28.007Z"),
        (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
    ],
)
def test_dates_have_three_digits(milliseconds: int, text: str) -> None:
    assert date_of(milliseconds) == text
