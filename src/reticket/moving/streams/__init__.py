"""Files of other systems, of any size, read value by value. Only one value is in memory."""

from reticket.moving.streams.files import files_of
from reticket.moving.streams.json_array import elements
from reticket.moving.streams.json_lines import lines
from reticket.moving.streams.json_values import values
from reticket.moving.streams.meter import Meter
from reticket.moving.streams.source import SourceError, Unreadable

__all__ = ["Meter", "SourceError", "Unreadable", "elements", "files_of", "lines", "values"]
