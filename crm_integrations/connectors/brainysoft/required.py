"""What a tenant requires beyond the core itself, which insists on first name and mobile alone.

Source: https://docs.brainysoft.ru/documentation/page/453; the rest is decided per tenant in its model editor.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from crm_integrations.errors import Misconfigured
from crm_integrations.messages import Missing
from crm_integrations.records import ApplicantRecord


def lacking(person: ApplicantRecord, path: str, named: str) -> list[Missing]:
    """Those of the `named` fields, separated by commas, that the person at `path` has not.

    Raises Misconfigured, naming it, for a name that is no field of ours.
    """
    names = [name for name in map(str.strip, named.split(",")) if name]
    return [
        Missing(f"{path}.{name}", "This Brainysoft tenant requires it.")
        for name in names
        if _value(person, name) in (None, "")
    ]


def _value(person: ApplicantRecord, name: str) -> Any:
    value: Any = person
    for part in name.split("."):
        if not is_dataclass(value) or part not in {each.name for each in fields(value)}:
            raise Misconfigured(f"The connection's also_required names no field of an applicant: {name}.")
        value = getattr(value, part)
    return value
