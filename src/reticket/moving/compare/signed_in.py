"""Sign-ins with passwords that the operator gives: each example of a dialect, refresh and all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import parse_qsl, urlencode

import msgspec

from reticket.core.errors import StartupError
from reticket.moving.compare.calls import ANSWER, Call, CallChain
from reticket.moving.compare.lines import objects
from reticket.moving.compare.masking import FORM, MADE_WORD
from reticket.moving.compare.names import is_secret
from reticket.wire_examples import Example, word_in


@dataclass(frozen=True, slots=True)
class Credentials:
    """A line of the file: the example that it is for, and values of its members."""

    place: str
    example: str
    values: Mapping[str, str] = field(repr=False)

    @property
    def secrets(self) -> Sequence[str]:
        """The passwords."""
        return [text for name, text in self.values.items() if is_secret(name)]


def read_credentials(stream: BinaryIO, file: str) -> Iterator[Credentials]:
    """The lines of a file. StartupError with the line and what is wrong; no value is shown."""
    for place, said in objects(stream, file):
        title = said.pop("example", None)
        if not isinstance(title, str):
            raise StartupError(f"{place}: the member example is missing")
        if not all(isinstance(value, str | int) for value in said.values()):
            raise StartupError(f"{place}: every member must be a text or a number")
        yield Credentials(place, title, {name: str(value) for name, value in said.items()})


def signed_in_sample(
    examples: Sequence[Example], known: Sequence[Credentials]
) -> Iterator[CallChain]:
    """For each line its sign-in, the second call twice, and a sign-in with a wrong password.
    StartupError for a line that fits no example.
    """
    for line in known:
        chosen = [each for each in examples if each.title == line.example]
        _check(line, chosen, examples)
        for example in chosen:
            yield CallChain(list(_calls(example, line.values)), example, line.secrets)


def _check(line: Credentials, chosen: Sequence[Example], every: Sequence[Example]) -> None:
    if not chosen:
        titles = ", ".join(dict.fromkeys(each.title for each in every))
        raise StartupError(f"{line.place}: example must be one of {titles}")
    members = {name for example in chosen for name in _names(example)}
    unknown = [name for name in line.values if name not in members]
    if unknown:
        raise StartupError(
            f"{line.place}: {line.example} has the members {', '.join(sorted(members))}"
        )
    for example in chosen[:1]:
        missing = [name for name in _texts(example.body, example) if is_secret(name)]
        if not set(missing) <= set(line.values):
            raise StartupError(f"{line.place}: {line.example} needs {', '.join(missing)}")


def _names(example: Example) -> Iterator[str]:
    for path in (example.sign_in[1], example.refresh[1]):
        yield from dict(parse_qsl(path.partition("?")[2]))
    for body in (example.body, example.then_body):
        yield from _texts(body or "", example)
    yield from (name for name, text in example.then_headers.items() if word_in(text) is None)


def _texts(body: str, example: Example) -> dict[str, str]:
    """The members of a body that are texts and no words for tokens."""
    if not body:
        return {}
    form = example.content_type == FORM
    said = dict(parse_qsl(body)) if form else msgspec.json.decode(body)
    return {
        name: text for name, text in said.items() if isinstance(text, str) and word_in(text) is None
    }


def _calls(example: Example, values: Mapping[str, str]) -> Iterator[Call]:
    sign_in = _filled(example, values, f"{example.title}: sign-in", example.sign_in, example.body)
    yield sign_in
    then = ANSWER if example.then_body is None else example.then_body
    headers = {name: values.get(name, text) for name, text in example.then_headers.items()}
    for title in (example.then, f"{example.then} again with the same token"):
        full = f"{example.title}: {title}"
        yield _filled(example, values, full, example.refresh, then, headers)
    wrong = {**values, **{name: MADE_WORD for name in values if is_secret(name)}}
    title = f"{example.title}: wrong password"
    yield _filled(example, wrong, title, example.sign_in, example.body)


def _filled(
    example: Example,
    values: Mapping[str, str],
    title: str,
    call: tuple[str, str],
    body: str,
    headers: Mapping[str, str] | None = None,
) -> Call:
    method, path = call
    place, mark, query = path.partition("?")
    query = urlencode({name: values.get(name, said) for name, said in parse_qsl(query)})
    path = place + mark + query
    kind = {"content-type": example.content_type} if body else {}
    return Call(
        title, method, path, path, {**kind, **(headers or {})}, _body(example, body, values)
    )


def _body(example: Example, body: str, values: Mapping[str, str]) -> str | None:
    if body in ("", ANSWER):
        return body or None
    if example.content_type == FORM:
        pairs = parse_qsl(body)
        return urlencode([(name, values.get(name, said)) for name, said in pairs])
    said = msgspec.json.decode(body)
    return json.dumps({name: values.get(name, text) for name, text in said.items()})
