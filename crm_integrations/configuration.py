"""Checking a connection's settings and secrets against what its connector declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_integrations import auth, egress
from crm_integrations.connector import Connector, Secret, Setting


def with_defaults(connector: type[Connector], settings: Mapping[str, Any]) -> dict[str, Any]:
    """`settings` completed with the declared defaults."""
    return {each.name: settings.get(each.name, each.default) for each in connector.settings}


def check_settings(connector: type[Connector], settings: Mapping[str, Any]) -> list[str]:
    """What is wrong with `settings`, in words; unknown names are refused with the list of known ones."""
    known = {each.name: each for each in connector.settings}
    problems = [_unknown("setting", name, known) for name in settings if name not in known]
    problems += [p for name, value in settings.items() if name in known for p in _wrong(known[name], value)]
    return problems or egress.check_places(settings)


def check_secrets(connector: type[Connector], secrets: Mapping[str, str]) -> list[str]:
    """What is wrong with `secrets`, in words; their values are never repeated."""
    known = {each.name: each for each in connector.secrets}
    problems = [_unknown("secret", name, known) for name in secrets if name not in known]
    return problems + [
        p for name, value in secrets.items() if name in known for p in _unsendable(known[name], value)
    ]


def _unsendable(secret: Secret, value: Any) -> list[str]:
    if not isinstance(value, str):
        return [f"Secret {secret.name} must be text."]
    if secret.in_header and not auth.fits_a_header(value):
        return [f"Secret {secret.name} can't be sent: {auth.HEADER_RULE}"]
    if not value.isprintable():
        return [f"Secret {secret.name} can't be sent: it holds a line break or another invisible character."]
    return []


def _unknown(what: str, name: str, known: Mapping[str, Any]) -> str:
    return f"Unknown {what} {name!r}; known are: {', '.join(known) or 'none'}."


def _wrong(setting: Setting, value: Any) -> list[str]:
    # bool is an int to Python; to an operator it is not.
    right_kind = isinstance(value, setting.kind) and not (setting.kind is int and isinstance(value, bool))
    if value is None or value == setting.default:
        return []
    if not right_kind:
        return [f"Setting {setting.name} must be a {setting.kind.__name__}, not {value!r}."]
    if setting.choices and value not in setting.choices:
        return [
            f"Setting {setting.name} must be one of {', '.join(map(str, setting.choices))}, not {value!r}."
        ]
    return []
