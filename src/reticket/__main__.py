"""The command `reticket`, also as `python -m reticket`."""

from __future__ import annotations

from reticket import cli
from reticket.runtime.opening import Builder


def main() -> None:
    """The command `reticket`."""
    cli.command(Builder())()


if __name__ == "__main__":
    main()
