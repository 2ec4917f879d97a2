"""The command `reticket`, also as `python -m reticket`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reticket import cli

if TYPE_CHECKING:
    from reticket.runtime.opening import Builder


def main() -> None:
    """The command `reticket`."""
    cli.command(builder)(prog_name="reticket")


def builder() -> Builder:
    """The composition root, imported once a command needs it."""
    from reticket.runtime.opening import Builder

    return Builder()


if __name__ == "__main__":
    main()
