"""Tables, and pages of which a part is generated."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def row(cells: list[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


def filled(name: str, what: str, said: str) -> str:
    """A page as it is, but for what stands between two marks."""
    begin, end = f"<!-- {what} -->\n", f"<!-- end of the {what} -->"
    before, _, rest = (HERE / name).read_text().partition(begin)
    return before + begin + said + end + rest.partition(end)[2]


def yes(said: bool) -> str:
    """A cell of a table."""
    return "yes" if said else "no"
