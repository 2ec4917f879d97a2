"""The result of a plan: as text for a terminal, and as a Markdown table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BAD = ("FAILURE", "WARNING")
OVER = ("FINISHED", "INTERRUPTED")
"""The statuses of a module that has ended; the second one stopped at a failure."""
HELD = ("PASSED", "SKIPPED", "REVIEW")
"""Results of a module that is done; a person reviews the pages of those that say REVIEW."""
LONGEST = 300
"""Characters of a message, and of a detail; some have a whole response in them."""
USUAL = frozenset(
    (
        *("_id", "_class", "msg", "result", "src", "requirements", "testId", "testOwner", "time"),
        *("blockId", "startBlock", "schema_link", "stacktrace", "cause_stacktrace", "error_class"),
        *("iss", "state"),
    )
)
"""Members of a log's entry that are no detail of its condition."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a module that did not hold.

    Args:
        result: `FAILURE` or `WARNING`.
        source: the name of the condition.
        message: what the suite says of it.
        requirements: the sections that demand it.
        details: what was expected or found, by its name; long ones are only in the log.
    """

    result: str
    source: str
    message: str
    requirements: tuple[str, ...]
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a module has come to.

    Args:
        module: its name.
        run: the id of its log in the suite.
        status: `FINISHED`, `INTERRUPTED`, or the status in which it got stuck.
        result: `PASSED`, `WARNING`, `REVIEW`, `SKIPPED`, `FAILED`, or nothing.
        seconds: how long it took.
        conditions: those that did not hold.
    """

    module: str
    run: str
    status: str
    result: str
    seconds: int
    conditions: tuple[Condition, ...]

    @property
    def verdict(self) -> str:
        """The result of the module, or the status in which it got stuck."""
        return self.result if self.status in OVER else self.status

    @property
    def held(self) -> bool:
        return self.verdict in HELD


def conditions(log: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """The conditions of a log that did not hold, in its order."""
    return tuple(
        Condition(
            entry["result"],
            str(entry.get("src", "")),
            _on_one_line(str(entry.get("msg", ""))),
            tuple(entry.get("requirements") or ()),
            _details(entry),
        )
        for entry in log
        if entry.get("result") in BAD
    )


def lines(outcome: Outcome) -> Iterator[str]:
    """A line for the module, and one for each condition."""
    yield f"{outcome.verdict:11} {outcome.module} ({outcome.seconds} s, log {outcome.run})"
    for each in outcome.conditions:
        needed = f" [{', '.join(each.requirements)}]" if each.requirements else ""
        yield f"    {each.result} {each.source}: {each.message}{needed}"
        yield from (f"        {name}: {said}" for name, said in each.details.items())


def summary(outcomes: Sequence[Outcome]) -> str:
    """The number of modules with each result."""
    counts = Counter(each.verdict for each in outcomes)
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    return f"{len(outcomes)} modules: {said}"


def markdown(outcomes: Sequence[Outcome]) -> str:
    """A table of the modules, with the conditions that did not hold."""
    head = ["| module | result | conditions that did not hold |", "| --- | --- | --- |"]
    rows = [
        f"| `{each.module}` | {each.verdict.lower()} | {_cell(each.conditions)} |"
        for each in outcomes
    ]
    return "\n".join([*head, *rows, ""])


def _cell(failed: Iterable[Condition]) -> str:
    said = [f"{each.result.lower()} `{each.source}`: {each.message}" for each in failed]
    return "; ".join(said).replace("|", r"\|")


def _details(entry: Mapping[str, Any]) -> dict[str, str]:
    said = {name: _on_one_line(str(entry[name])) for name in entry.keys() - USUAL}
    return {name: said[name] for name in sorted(said) if len(said[name]) <= LONGEST}


def _on_one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
