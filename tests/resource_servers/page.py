"""The programs of docs/resource-servers.md, as they stand there."""

import re
from pathlib import Path

ANYWHERE = re.MULTILINE | re.DOTALL
TEXT = (Path(__file__).parents[2] / "docs" / "resource-servers.md").read_text("utf-8")


def blocks(language, section):
    """The blocks of a section in that language."""
    (text,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", TEXT, ANYWHERE)
    found = re.findall(rf"^```{language}\n(.*?)^```", text, ANYWHERE)
    assert found, section
    return found
