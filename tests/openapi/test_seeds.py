"""The served documents say what the vendors' documents say, member by member.

Our own answers, members of security schemes and prose are additions. One deviation is allowed:
the scope of a Kibo ticket may be null before one is chosen, and the document marks it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.dialects.every import BUILT

from reticket.openapi import build_document

SEEDS = {
    path.stem: yaml.safe_load(path.read_text())
    for path in Path(__file__).parent.glob("seeds/*.yaml")
}
DEVIATING = {"tenant", "account"}
MARK = "x-reticket-deviation"


def served(seed: str) -> dict[str, Any]:
    name = seed.partition("_")[0]
    return build_document(BUILT[name])


class Document:
    """A document with its references resolved on the way."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root

    def resolve(self, node: Any) -> Any:
        """The node that a `$ref` means, alone or wrapped to be nullable."""
        if isinstance(node, dict) and len(node.get("allOf", ())) == 1:
            beside = {key: value for key, value in node.items() if key != "allOf"}
            return {**self.resolve(node["allOf"][0]), **beside}
        if isinstance(node, dict) and "$ref" in node:
            found: Any = self.root
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return self.resolve(found)
        return node


class Comparison:
    """Tells where a served schema differs from its seed."""

    def __init__(self, seed: dict[str, Any], ours: dict[str, Any]) -> None:
        self.seed = Document(seed)
        self.ours = Document(ours)
        self._met: set[tuple[str, str]] = set()

    def differences(self, seed: Any, ours: Any, where: str) -> Iterator[str]:
        met = (str(seed), str(ours))
        if met in self._met:
            return
        self._met.add(met)
        seed, ours = self.seed.resolve(seed), self.ours.resolve(ours)
        if "oneOf" in ours:
            ours = self._alternative(seed, ours["oneOf"])
        if "type" in seed and seed["type"] != ours.get("type"):
            yield f"{where}: type"
        if seed.get("format") != ours.get("format"):
            yield f"{where}: format"
        if seed.get("nullable", False) != ours.get("nullable", False) and not _deviates(
            where, ours
        ):
            yield f"{where}: nullable"
        if set(seed.get("required", ())) != set(ours.get("required", ())):
            yield f"{where}: required"
        yield from self._children(seed, ours, where)

    def _alternative(self, seed: Any, alternatives: list[Any]) -> Any:
        resolved = [self.ours.resolve(one) for one in alternatives]
        return max(
            resolved, key=lambda one: len(seed["properties"].keys() & one["properties"].keys())
        )

    def _children(self, seed: Any, ours: Any, where: str) -> Iterator[str]:
        names, own_names = seed.get("properties", {}), ours.get("properties", {})
        if names.keys() != own_names.keys():
            yield f"{where}: properties {names.keys() ^ own_names.keys()}"
        for name in names.keys() & own_names.keys():
            yield from self.differences(names[name], own_names[name], f"{where}.{name}")
        for inner in ("items", "additionalProperties"):
            if inner in seed:
                yield from self.differences(seed[inner], ours.get(inner, {}), f"{where}.{inner}")


def _deviates(where: str, ours: dict[str, Any]) -> bool:
    return where.rpartition(".")[2] in DEVIATING and MARK in ours and ours["nullable"]


def _operations(seed: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in seed["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


OPERATIONS = [
    pytest.param(name, path, method, id=f"{name} {method} {path}")
    for name, seed in sorted(SEEDS.items())
    for path, method, _ in _operations(seed)
]


def test_all_five_seeds_are_here() -> None:
    assert len(SEEDS) == len(OPERATIONS) == 5


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_servers_security_and_tags(name: str) -> None:
    seed, ours = SEEDS[name], served(name)
    assert ours["openapi"] == seed["openapi"]
    assert ours["servers"] == seed["servers"]
    assert ours["security"] == seed["security"]
    assert [tag for tag in ours.get("tags", []) if tag in seed.get("tags", [])] == seed.get(
        "tags", []
    )


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_security_schemes(name: str) -> None:
    ours = served(name)["components"]["securitySchemes"]
    for scheme, said in SEEDS[name]["components"]["securitySchemes"].items():
        assert {key: ours[scheme].get(key) for key in said} == said


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_named_schemas(name: str) -> None:
    seed, ours = SEEDS[name], served(name)
    comparison = Comparison(seed, ours)
    for schema, said in seed["components"]["schemas"].items():
        found = ours["components"]["schemas"][schema]
        assert list(comparison.differences(said, found, schema)) == []


@pytest.mark.parametrize(("name", "path", "method"), OPERATIONS)
def test_operation(name: str, path: str, method: str) -> None:
    seed = SEEDS[name]["paths"][path][method]
    ours = served(name)["paths"][path][method]
    assert ours["tags"] == seed["tags"]
    assert ours["operationId"] == seed.get("operationId", ours["operationId"])
    assert ours.get("security") == seed.get("security")


@pytest.mark.parametrize(("name", "path", "method"), OPERATIONS)
def test_parameters(name: str, path: str, method: str) -> None:
    seed = SEEDS[name]["paths"][path][method].get("parameters", [])
    ours = served(name)["paths"][path][method].get("parameters", [])
    assert {_key(one): _parameter(one) for one in ours} == {
        _key(one): _parameter(one) for one in seed
    }


def _key(parameter: dict[str, Any]) -> tuple[str, str]:
    return parameter["in"], parameter["name"]


def _parameter(parameter: dict[str, Any]) -> tuple[Any, ...]:
    schema = parameter["schema"]
    return (parameter.get("required", False), schema["type"], schema.get("format"))


@pytest.mark.parametrize(("name", "path", "method"), OPERATIONS)
def test_request_body(name: str, path: str, method: str) -> None:
    comparison = Comparison(SEEDS[name], served(name))
    seed = comparison.seed.resolve(SEEDS[name]["paths"][path][method]["requestBody"])
    ours = comparison.ours.root["paths"][path][method]["requestBody"]
    assert ours.get("required", False) == seed.get("required", False)
    assert _content_differences(comparison, seed, ours) == []


@pytest.mark.parametrize(("name", "path", "method"), OPERATIONS)
def test_answers(name: str, path: str, method: str) -> None:
    comparison = Comparison(SEEDS[name], served(name))
    ours = comparison.ours.root["paths"][path][method]["responses"]
    for status, said in SEEDS[name]["paths"][path][method]["responses"].items():
        seed = comparison.seed.resolve(said)
        assert _content_differences(comparison, seed, ours[status]) == []


def _content_differences(comparison: Comparison, seed: Any, ours: Any) -> list[str]:
    assert seed["content"].keys() == ours["content"].keys()
    return [
        difference
        for media_type, said in seed["content"].items()
        for difference in comparison.differences(
            said["schema"], ours["content"][media_type]["schema"], media_type
        )
    ]


def test_the_only_deviations_are_the_scopes_of_kibo() -> None:
    marked = {
        name
        for schema in served("kibo")["components"]["schemas"].values()
        for name, member in schema.get("properties", {}).items()
        if MARK in member
    }
    assert marked == DEVIATING
    assert all(MARK not in str(served(name)) for name in ("akinon", "cloudreve"))


def test_the_check_finds_a_difference() -> None:
    ours = served("cloudreve")
    del ours["components"]["schemas"]["Token"]["properties"]["access_expires"]["format"]
    comparison = Comparison(SEEDS["cloudreve"], ours)
    seed = SEEDS["cloudreve"]["components"]["schemas"]["Token"]
    differences = comparison.differences(seed, ours["components"]["schemas"]["Token"], "Token")
    assert list(differences) == ["Token.access_expires: format"]
