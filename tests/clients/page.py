"""The quick starts of docs/clients.md, as they stand there but for addresses and periods."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
ISSUER = "http://127.0.0.1:8088"


def quick_start(title, language):
    """The only block of a client's section in this language."""
    (section,) = re.findall(
        rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL
    )
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return block


def replaced(text, changes):
    """The text with some words replaced. Each of them must occur in it."""
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    return text
