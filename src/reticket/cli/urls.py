"""The URL of an engine as a command's option.

Every user of the machine can read a command line (`ps`). A URL with a password therefore comes
from a variable or a file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click

WAYS = "write env:NAME for a variable or file:PATH for a file whose only line is the URL"
_PASSWORD = re.compile(r"^(?!sqlite:)[^:]*:[^@]*:[^@]*@|[?&](ssl)?password=")


class StoreUrl(click.ParamType[str]):
    """A URL without a password, `env:NAME` or `file:PATH`; converted to the URL. No error shows the
    URL.
    """

    name = "URL"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        source, _, rest = str(value).partition(":")
        if source == "env":
            return os.environ.get(rest) or self.fail(f"there is no variable {rest}", param, ctx)
        if source == "file":
            return self._read(Path(rest), param, ctx)
        if _PASSWORD.search(str(value)):
            self.fail(f"every user of this machine can read a password here: {WAYS}", param, ctx)
        return str(value)

    def _read(self, file: Path, param: Any, ctx: Any) -> str:
        try:
            lines = file.read_text("utf-8").split()
        except (OSError, ValueError):
            self.fail(f"{file} cannot be read as a text file", param, ctx)
        if len(lines) != 1:
            self.fail(f"{file} must have one line, the URL", param, ctx)
        return lines[0]
