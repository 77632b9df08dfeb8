"""What `lead.extra` may hold: fields that only one vendor has, as whoever knows the vendors declares them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from leadops.validation.findings import Finding, findings_at, problem

_KINDS = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    float: "number",
    dict: "object",
    list: "list",
}
# The types are compared as they are: a bool is not a whole number here.
_TAKEN: dict[type, set[type]] = {float: {float, int}}
_fields: dict[str, Mapping[str, type]] = {}
_parts: dict[str, Mapping[str, Collection[str]]] = {}


def declare_extra(
    vendor: str, fields: Mapping[str, type], parts: Mapping[str, Collection[str]] | None = None
) -> None:
    """Let `extra[vendor]` hold these fields, each of its type, which is one of `_KINDS`.

    `parts`: of objects, the names that may stand in them, where not any may.
    """
    _fields[vendor], _parts[vendor] = dict(fields), dict(parts or {})


def check_extra(extra: object, path: str = "extra") -> list[Finding]:
    """Find what no vendor has declared: it would be kept and never sent. `extra` may be anything a form can bring."""
    if not isinstance(extra, Mapping):
        return findings_at(path, [problem("wrong_extra_type", kind="object")])
    findings: list[Finding] = []
    for vendor, values in extra.items():
        if vendor not in _fields:
            known = ", ".join(_fields) or "none"
            findings += findings_at(f"{path}.{vendor}", [problem("unknown_extra_vendor", known=known)])
        elif not isinstance(values, Mapping):
            findings += findings_at(f"{path}.{vendor}", [problem("wrong_extra_type", kind="object")])
        else:
            findings += _check_fields(_fields[vendor], values, f"{path}.{vendor}")
            findings += _check_parts(_parts[vendor], values, f"{path}.{vendor}")
    return findings


def _check_fields(known: Mapping[str, type], values: Mapping[str, Any], path: str) -> list[Finding]:
    findings: list[Finding] = []
    for name, value in values.items():
        if name not in known:
            findings += findings_at(f"{path}.{name}", [problem("unknown_extra_field")])
        elif value is not None and type(value) not in _TAKEN.get(known[name], {known[name]}):
            kind = _KINDS[known[name]]
            findings += findings_at(f"{path}.{name}", [problem("wrong_extra_type", kind=kind)])
    return findings


def _check_parts(known: Mapping[str, Collection[str]], values: Mapping[str, Any], path: str) -> list[Finding]:
    findings: list[Finding] = []
    for name, parts in known.items():
        given = values.get(name)
        for part in given if isinstance(given, Mapping) else ():
            if part not in parts:
                findings += findings_at(f"{path}.{name}.{part}", [problem("unknown_extra_field")])
    return findings
