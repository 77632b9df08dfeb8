"""Make or change a connection from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from crm_integrations import registry
from crm_integrations.connector import Connector
from crm_integrations.models import Connection, Route
from leadops.management.answering import AnsweringCommand
from leadops.models import Program

ALL = "all"


class Command(AnsweringCommand):
    """Connect a vendor.

    A name that is taken is changed: the base URL is replaced, so are the settings and secrets that are named,
    and the others stay; but at another address all secrets are named again, since those kept would go there. The
    vendor of a connection never changes.
    """

    help = (
        "Make a connection to a vendor, or change the one of that name; settings not named stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("vendor", metavar="VENDOR", help=f"one of {', '.join(registry.vendors())}")
        parser.add_argument("--name", required=True, help="what the connection is called")
        parser.add_argument("--base-url", required=True, metavar="URL", help="scheme, host and port")
        parser.add_argument(
            "--setting", action="append", default=[], metavar="K=V", help="JSON, else text; may be repeated"
        )
        parser.add_argument("--secret", action="append", default=[], metavar="K=V", help="may be repeated")
        parser.add_argument(
            "--program", metavar="CODE", help=f"whose records go there; '{ALL}' for every program's"
        )
        parser.add_argument(
            "--auto", action="store_true", help="send without an officer's word; needs --program"
        )

        parser.add_argument(
            "--test-space", action="store_true", help="for the leads of test keys and no others; chosen once"
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        if options["vendor"] not in registry.vendors():
            known = ", ".join(registry.vendors())
            raise CommandError(f"Unknown vendor {options['vendor']!r}; known are: {known}.")
        if options["auto"] and not options["program"]:
            raise CommandError("--auto says how a route works: name its --program, or all.")
        with transaction.atomic():
            connection = _connection(options)
            if options["program"]:
                _route(connection, options["program"], options["auto"])
        return {"id": str(connection.pk), "name": connection.name, "vendor": connection.vendor}

    def text(self, answer: dict[str, Any]) -> str:
        return f"{answer['name']} connects to {answer['vendor']} ({answer['id']})"


def _connection(options: dict[str, Any]) -> Connection:
    """The connection that the options name, saved; ValidationError says what is wrong with it."""
    vendor, name = options["vendor"], options["name"]
    connection = Connection.objects.select_for_update().filter(name=name).first() or Connection(
        vendor=vendor, name=name, test_space=options["test_space"]
    )
    if connection.vendor != vendor:
        raise CommandError(f"{name!r} is a connection to {connection.vendor} already: choose another name.")
    connector = registry.get(vendor)
    given = {key: _value(connector, key, text) for key, text in _pairs("--setting", options["setting"])}
    settings, typed = {**connection.settings, **given}, dict(_pairs("--secret", options["secret"]))
    again = connection.secrets_to_type_again(options["base_url"], settings)
    if missing := [name for name in again if not typed.get(name)]:
        raise CommandError(f"Its address changes, so its secrets are needed again: {', '.join(missing)}.")
    connection.base_url, connection.settings = options["base_url"], settings
    connection.secrets = {**connection.secrets, **typed}
    connection.test_space = connection.test_space or options["test_space"]
    connection.full_clean()
    connection.save()
    return connection


def _route(connection: Connection, code: str, automatic: bool) -> None:
    program = None
    if code != ALL:
        program = Program.objects.filter(code=code).first()
        if program is None:
            known = ", ".join(Program.objects.values_list("code", flat=True)) or "none"
            raise CommandError(f"Unknown program {code!r}; known are: {known}.")
    Route.objects.update_or_create(program=program, connection=connection, defaults={"automatic": automatic})


def _pairs(flag: str, texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise CommandError(f"{flag} needs NAME=VALUE.")  # the text may be a secret: it is not repeated
        yield name, value


def _value(connector: type[Connector], name: str, text: str) -> Any:
    """JSON where it is JSON, else text; an owner id of eight digits stays the text that it has to be."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    is_text = any(each.name == name and each.kind is str for each in connector.settings)
    return text if is_text and not isinstance(value, str | None) else value
