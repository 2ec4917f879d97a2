from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from tests.logs.restored import logging_restored

from reticket.runtime import logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    with logging_restored():
        yield
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    logs.configure("info", "json", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_a_line_of_json(lines: Lines) -> None:
    structlog.get_logger("reticket.http").warning("unavailable", correlation_id="c0ffee", n=3)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "unavailable",
        "level": "warning",
        "logger": "reticket.http",
        "correlation_id": "c0ffee",
        "n": 3,
    }


def test_what_is_bound_to_the_context_is_on_the_line(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(correlation_id="c0ffee"):
        structlog.get_logger("reticket").info("began")
    assert lines()[0]["correlation_id"] == "c0ffee"


def test_server_lines_are_json_too_and_access_lines_are_off(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    logging.getLogger("uvicorn.access").info("DELETE /authtickets/secret")
    (line,) = lines()
    assert (line["event"], line["logger"]) == ("Started server process [7]", "uvicorn.error")


def test_log_levels_are_applied_and_libraries_log_from_warning_on(stream: io.StringIO) -> None:
    logs.configure("debug", "json", stream)
    structlog.get_logger("reticket.core").debug("ours")
    logging.getLogger("httpx").info("theirs")
    logging.getLogger("httpx").warning("urgent")
    logs.configure("error", "json", stream)
    structlog.get_logger("reticket.core").warning("quiet")
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["ours", "urgent"]


def fail_with(password: str) -> None:
    raise RuntimeError("out of order")


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_has_its_type_and_traceback_and_no_local_values(
    form: str, stream: io.StringIO
) -> None:
    logs.configure("info", form, stream)
    try:
        fail_with("correct " + "horse")
    except RuntimeError:
        structlog.get_logger("reticket").exception("failed")
        logging.getLogger("uvicorn.error").exception("theirs")
    written = stream.getvalue()
    assert written.count("RuntimeError: out of order") == 2
    assert "fail_with" in written
    assert "correct horse" not in written


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def logged(stream: io.StringIO, form: str) -> str:
    logs.configure("info", form, stream)
    structlog.get_logger("reticket.http").info(
        "request", dialect="kibo", route="PUT /a", status=200, milliseconds=4.1, address="::1"
    )
    return stream.getvalue()


def test_a_person_at_a_terminal_reads_text_in_colours_and_a_file_gets_json() -> None:
    text = logged(Terminal(), "auto")
    assert (
        re.sub("\x1b\\[[0-9;]*m", "", text).split(maxsplit=3)[3].startswith("200 PUT /a in 4.1 ms")
    )
    assert "\x1b[" in text
    line = json.loads(logged(io.StringIO(), "auto"))
    assert (line["event"], line["route"], line["status"]) == ("request", "PUT /a", 200)


def test_no_color_turns_colours_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in logged(Terminal(), "auto")
    assert "\x1b" not in logged(io.StringIO(), "console")


def test_a_configured_log_format_is_used_on_a_terminal_too() -> None:
    assert json.loads(logged(Terminal(), "json"))


def test_a_request_without_a_route_says_so(stream: io.StringIO) -> None:
    logs.configure("info", "console", stream)
    structlog.get_logger("reticket.http").info("request", route=None, status=404, milliseconds=0.1)
    assert "404 no route in 0.1 ms" in stream.getvalue()


JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
SECRETS = [
    ("rtk_AbC-dEf_0123", "AbC-dEf"),
    (JWT, "eyJ"),
    (JWT[:25], "eyJ"),
    ("Authorization: Bearer c2VjcmV0c2VjcmV0", "c2VjcmV0"),
    ("authorization: bearer c2VjcmV0c2VjcmV0", "c2VjcmV0"),
    ("Basic YXBwOnMzY3JldA==", "YXBw"),
]


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_texts_that_look_like_tokens_are_replaced_everywhere(
    text: str, secret: str, form: str, stream: io.StringIO
) -> None:
    logs.configure("info", form, stream)
    log = structlog.get_logger("reticket")
    log.info(f"event {text}", value=text, nested={"in": [text, (text,)]}, odd=ValueError(text))
    log.info("as a key", **{text: 1})
    logging.getLogger("uvicorn.error").info("theirs %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
    written = stream.getvalue()
    assert secret not in written
    assert written.count(logs.REDACTED) >= 8


def test_ordinary_words_are_not_replaced(lines: Lines) -> None:
    words = "the bearer of basic news, at /api/v4/session/token"
    structlog.get_logger("reticket").info(words)
    assert lines()[0]["event"] == words


BAD = "a\x1b[31m\x7f\x9b\u202e\u200b\nb"


def test_a_line_of_json_has_no_character_that_acts_on_a_terminal(
    lines: Lines, stream: io.StringIO
) -> None:
    structlog.get_logger("reticket").info("began", device=BAD)
    logging.getLogger("other").warning("said %s", BAD)
    text = stream.getvalue()
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert [line.get("device", line["event"]) for line in lines()] == [BAD, f"said {BAD}"]


def test_a_console_line_has_only_its_own_control_characters(stream: io.StringIO) -> None:
    logs.configure("info", "console", stream)
    structlog.get_logger("reticket").info("began", device=BAD, devices=[BAD])
    logging.getLogger("other").warning("said %s", BAD)
    try:
        raise ValueError(BAD)
    except ValueError:
        structlog.get_logger("reticket").exception("failed")
    text = stream.getvalue()
    assert text.count("a\\u001b[31m\\u007f\\u009b\\u202e\\u200b") == 3
    own = re.sub("\x1b\\[[0-9;]*m", "", text.replace("a\x1b[31m", "FORGED"))
    assert "FORGED" not in own
    assert own.replace("\n", "").isprintable()
    assert "\nb" not in "\n".join(own.split("\n")[:2])
