"""The operations of the schema and the ids that they take, read off the schema and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FROZEN = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
OTHERS = {"program_id", "partner_ref_id", "ref_id", "tax_id", "fias_id"}
"""Names that end like those of ids but name no record of a partner."""


def frozen() -> dict[str, Any]:
    """The schema as it is in the repository."""
    return read(FROZEN.read_bytes())


def read(schema: bytes) -> dict[str, Any]:
    """The schema in its YAML, read by the loader in C: the one in Python takes a second."""
    found: dict[str, Any] = yaml.load(schema, yaml.CSafeLoader)
    return found


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    told: dict[str, Any]
    components: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_open(self) -> bool:
        """Whether it answers without a key."""
        return not self.told.get("security")

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        """What stands in `place`: path, query or header."""
        return {each["name"]: each for each in self.told.get("parameters", []) if each["in"] == place}

    def path_ids(self) -> list[str]:
        return [name for name, told in self.parameters("path").items() if is_id(name, told["schema"])]

    def query_ids(self) -> list[str]:
        return [name for name, told in self.parameters("query").items() if is_id(name, told["schema"])]

    def media_types(self) -> list[str]:
        return list(self.told.get("requestBody", {}).get("content", {}))

    def example(self) -> dict[str, Any] | None:
        """The body that the page of the API prints."""
        content = self.told.get("requestBody", {}).get("content", {}).get("application/json", {})
        found = [each["value"] for each in content.get("examples", {}).values()]
        return found[0] if found else None

    def first_choices(self, media_type: str) -> dict[str, str]:
        """The required parts of the body that are one of a few words, each as the first of them."""
        schema = self._resolved(self.told["requestBody"]["content"][media_type]["schema"])
        parts = {name: self._resolved(schema["properties"][name]) for name in schema.get("required", [])}
        return {name: told["enum"][0] for name, told in parts.items() if "enum" in told}

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        name = schema.get("$ref", "").rpartition("/")[2]
        resolved: dict[str, Any] = self.components["schemas"][name] if name else schema
        return resolved

    def body_ids(self, media_type: str) -> list[str]:
        """Where ids stand in the body: `lead_id`, or `applicants[].id` within."""
        schema = self.told["requestBody"]["content"][media_type]["schema"]
        return sorted(set(self._ids_in(schema, "", ())))

    def _ids_in(self, schema: Any, at: str, seen: tuple[str, ...]) -> Iterator[str]:
        if not isinstance(schema, dict):
            return
        if (name := schema.get("$ref")) is not None:
            if name not in seen:
                target = self.components["schemas"][name.rpartition("/")[2]]
                yield from self._ids_in(target, at, (*seen, name))
            return
        if at and is_id(at.rpartition(".")[2], schema):
            yield at
        for name, value in schema.get("properties", {}).items():
            yield from self._ids_in(value, f"{at}.{name}" if at else name, seen)
        yield from self._ids_in(schema.get("items"), f"{at}[]", seen)
        for choice in ("allOf", "anyOf", "oneOf"):
            for each in schema.get(choice, []):
                yield from self._ids_in(each, at, seen)


def is_id(name: str, schema: dict[str, Any]) -> bool:
    """Whether what has this name and schema is the id of a record that belongs to a partner."""
    return name not in OTHERS and (schema.get("format") == "uuid" or name.endswith("_id"))


def operations(schema: dict[str, Any]) -> list[Operation]:
    """All of them, in the order of the schema."""
    return [
        Operation(method.upper(), path, told, schema["components"])
        for path, item in schema["paths"].items()
        for method, told in item.items()
        if method in METHODS
    ]


def makers(known: list[Operation]) -> dict[str, str]:
    """Paths that make records, with the name of the ids of what they make: such a path goes on with this id."""
    paths = {each.path: each.path_ids() for each in known}
    return {
        each.path: path_ids[-1]
        for each in known
        if each.method == "POST"
        for path, path_ids in paths.items()
        if path_ids and path == f"{each.path}{{{path_ids[-1]}}}/"
    }
