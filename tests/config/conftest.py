from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reticket.settings.catalogue import PREFIX


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.copy():
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "reticket.toml"
        file.write_text(text, "utf-8")
        return file

    return write
