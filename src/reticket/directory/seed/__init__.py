"""The form in which a directory is written by hand: YAML, read with lines, checked, loaded."""

from reticket.directory.seed.load import DEMO, load_seed

__all__ = ["DEMO", "load_seed"]
