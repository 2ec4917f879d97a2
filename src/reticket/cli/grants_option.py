"""The type of the options `--tenant` and `--account`: a place, and what a person may do there."""

from __future__ import annotations

from typing import Any

import click


class Grants(click.ParamType[tuple[int, tuple[int, ...]]]):
    """`ID` or `ID=1,2,17`: a place, and the numbers that a dialect keeps of the membership."""

    name = "ID[=NUMBERS]"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, tuple[int, ...]]:
        if isinstance(value, tuple):
            return value
        place, _, numbers = str(value).partition("=")
        try:
            return int(place), tuple(int(each) for each in numbers.split(",") if each)
        except ValueError:
            self.fail(f"{value!r} is not like 1000=1,2,17", param, ctx)
