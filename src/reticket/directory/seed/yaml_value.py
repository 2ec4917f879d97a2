"""A value in a YAML file, with its line and path, and readers for types. Knows no section."""

from __future__ import annotations

import math
import re
from pathlib import Path

from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.representer import SafeRepresenter

from reticket.core.errors import ReticketError
from reticket.directory.errors import Invalid
from reticket.directory.seed.yaml_file import PREFIX, fault_at, node_of, read_node

DEEPEST = 50
"""Most levels of a JSON value. An alias inside itself would be endless."""
INT64 = range(-(2**63), 2**63)

_LONGEST_NUMBER = 20
_HALF = re.compile("[\ud800-\udfff]")


class YamlValue:
    """Its readers raise StartupError with the file, the line and the path.

    Args:
        line: the line of its key, or of the value if it has none.
    """

    __slots__ = ("_file", "_line", "_node", "_path")

    def __init__(self, node: Node, file: Path, path: str, line: int) -> None:
        self._node = node
        self._file = file
        self._path = path
        self._line = line

    def fault(self, words: str) -> ReticketError:
        """The error that stops the start: path and `words`, as in `users[0].email is missing`."""
        return fault_at(self._file, self._line, f"{self._path or 'the file'} {words}")

    @property
    def type(self) -> str:
        """`null`, `bool`, `int`, `float`, `str`, `seq` or `map`."""
        return self._node.tag.removeprefix(PREFIX)

    def members(self) -> dict[str, YamlValue]:
        """The members by key, in order. A repeated key is a fault."""
        if not isinstance(self._node, MappingNode):
            raise self.fault("must be a mapping")
        found: dict[str, YamlValue] = {}
        for key, value in self._node.value:
            member = self._member(key, value)
            if key.value in found:
                raise member.fault("is there twice")
            found[key.value] = member
        return found

    def _member(self, key: Node, value: Node) -> YamlValue:
        line = _line_of(key)
        if not isinstance(key, ScalarNode):
            raise self._at(key, self._path, line).fault("has a key that is no word")
        if _HALF.search(key.value):
            raise self._at(key, self._path, line).fault("has a key with half a character")
        path = f"{self._path}.{key.value}" if self._path else key.value
        return self._at(value, path, line)

    def items(self) -> list[YamlValue]:
        """The items, in order."""
        if not isinstance(self._node, SequenceNode):
            raise self.fault("must be a list")
        return [
            self._at(node, f"{self._path}[{index}]", _line_of(node))
            for index, node in enumerate(self._node.value)
        ]

    def _at(self, node: Node, path: str, line: int) -> YamlValue:
        return type(self)(node, self._file, path, line)

    def text(self) -> str:
        """Text, perhaps empty."""
        if self.type != "str":
            raise self.fault("must be text, in quotes if it looks like something else")
        if _HALF.search(self._node.value):
            raise self.fault("holds half a character")
        return str(self._node.value)

    def filled(self) -> str:
        """Text that is not empty."""
        text = self.text()
        if not text:
            raise self.fault("must not be empty")
        return text

    def flag(self) -> bool:
        """True or false."""
        if self.type != "bool":
            raise self.fault("must be true or false")
        return str(self._node.value).lower() == "true"

    def integer(self, accepted: range) -> int:
        """A whole number in that range."""
        if self.type != "int":
            raise self.fault("must be a whole number")
        text = str(self._node.value)
        number = int(text) if len(text) <= _LONGEST_NUMBER else accepted.stop
        if number not in accepted:
            raise self.fault(f"must lie between {accepted.start} and {accepted.stop - 1}")
        return number

    def json(self, depth: int = 0) -> object:
        """Any JSON value."""
        if depth > DEEPEST:
            raise self.fault("is nested too deeply")
        match self.type:
            case "map":
                return {key: value.json(depth + 1) for key, value in self.members().items()}
            case "seq":
                return [item.json(depth + 1) for item in self.items()]
            case "null":
                return None
            case "bool":
                return self.flag()
            case "int":
                return self.integer(INT64)
            case "float":
                return self._float()
        return self.text()

    def _float(self) -> float:
        number = float(self._node.value)
        if not math.isfinite(number):
            raise self.fault("is too large a number")
        return number


class UnfiledValue(YamlValue):
    """A value that is in no file: its readers raise Invalid with the path."""

    __slots__ = ()

    def fault(self, words: str) -> ReticketError:
        """The error: path and `words`."""
        return Invalid(f"{self._path or 'The client'} {words}.")


def yaml_value(value: object) -> YamlValue:
    """A JSON value, as if read from a file. Invalid: it is too deep."""
    try:
        node = SafeRepresenter(sort_keys=False).represent_data(value)
    except RecursionError:
        raise Invalid("It is nested too deeply.") from None
    return UnfiledValue(node, Path(), "", 0)


def yaml_text(text: str) -> YamlValue:
    """A value typed on the command line. StartupError."""
    place = Path("the value")
    node = node_of(text, place)
    return YamlValue(node or ScalarNode(PREFIX + "null", ""), place, "", 1)


def _line_of(node: Node) -> int:
    mark = node.start_mark
    return mark.line + 1 if mark else 0


def read_yaml(file: Path) -> YamlValue:
    """The whole file; an empty file is an empty mapping. StartupError: it cannot be read."""
    node = read_node(file)
    if node is None or node.tag == PREFIX + "null":
        return YamlValue(MappingNode(PREFIX + "map", []), file, "", 1)
    return YamlValue(node, file, "", _line_of(node))
