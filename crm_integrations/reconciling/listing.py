"""Reading the vendor's list, page by page, each kept as a call and compared before the next is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta

from crm_integrations import errors
from crm_integrations.calls import kept_call
from crm_integrations.connector import Listed, Response
from crm_integrations.models import Connection, Exchange
from crm_integrations.reconciling.comparing import Comparison

LOOK_AROUND = timedelta(days=1)
"""What is listed besides the days that are asked for: midnight is not the same moment for the vendor and for us."""
MOST_PAGES = 20_000
PAUSE_SECONDS = 2.0
LONGEST_PAUSE = 60.0
NOT_FOUND = 404


class Unlistable(Exception):
    """The vendor did not give its whole list."""


class Stopped(Exception):
    """This worker is to end."""


def walk(comparison: Comparison, stop: Callable[[], bool]) -> None:
    """Take every page of the vendor's list into `comparison`; Unlistable when one can't be had."""
    connection = comparison.reconciliation.connection
    first, last = comparison.first_listed_on - LOOK_AROUND, comparison.reconciliation.last_on + LOOK_AROUND
    before: list[tuple[str, str]] = []
    for number in range(1, MOST_PAGES + 1):
        if stop():
            raise Stopped
        listed = _page(connection, (first, last), number)
        rows = [(row.reference, row.ref) for row in listed.rows]
        if ("", "") in rows:
            raise Unlistable(f"Page {number} holds a record without an id and without our reference.")
        if rows and rows == before:
            raise Unlistable(f"Page {number} is the one before it again.")
        comparison.take(listed.rows)
        if not listed.more:
            return
        before = rows
        if connection.rate:
            time.sleep(min(1 / connection.rate, LONGEST_PAUSE))
    raise Unlistable(f"The list has no end: {MOST_PAGES} pages were read.")


def _page(connection: Connection, days: tuple[date, date], number: int) -> Listed:
    """One page, asked for twice at most."""
    try:
        return _asked(connection, days, number)
    except errors.DeliveryError as error:
        wait = getattr(error, "retry_after", None) or PAUSE_SECONDS
    time.sleep(min(wait, LONGEST_PAUSE))
    try:
        return _asked(connection, days, number)
    except errors.DeliveryError as error:
        raise Unlistable(f"Page {number} of the list could not be read: {error.message}") from error


def _asked(connection: Connection, days: tuple[date, date], number: int) -> Listed:
    connector = connection.connector

    def read(response: Response) -> Listed:
        if response.status == NOT_FOUND and number > 1:
            return Listed((), False)  # the list got shorter while it was read
        connector.raise_for_status(response)
        return connector.parse_list(response)

    return kept_call(connection, connector.list_page(*days, number), Exchange.Purpose.LIST, read)
