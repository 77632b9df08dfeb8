"""What became of some leads before the demo began.

Nothing here is written by hand: the engine itself delivers them, to a sandbox that is told to have faults and is gone
afterwards, one step after the other at the moments for which the engine had put them down.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Replace
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.demo import vendors
from crm_integrations.models import Connection, Delivery, Exchange, Health, Notice, State
from crm_integrations.sandbox import command
from crm_integrations.sandbox.faults import Fault
from crm_integrations.sandbox.server import SandboxServer
from leadops.ids import made_at
from leadops.models import Lead
from leadops.services import leads as lead_service

EVERY_VENDOR = "*"
SOON = timedelta(seconds=20)
"""From a lead's coming in to its first delivery."""


@dataclass(frozen=True)
class Story:
    """One lead on its way to one connection whose vendor has the fault `create`, and `find` when it is asked.

    `then`: what an officer did after the first try, if anything.
    """

    place: int
    connection: str
    create: str
    find: str = ""
    then: str = ""


# The places are those of leads that are submitted and have no fault in their own data; the oldest are approved.
STORIES = (
    Story(13, "crego-crm", "503"),  # given up after days; its loan account waits for it
    Story(133, "brainysoft", "error_flag", then="changed"),
    Story(174, "brainysoft", "503", then="cancelled"),
    Story(206, "crego-crm", "500_before", "500_before"),  # never known: asked often enough, a person decides
    Story(221, "brainysoft", "error_flag"),
    Story(254, "ispcrm", "cut_after"),  # can't be asked
    Story(261, "broctagon", "500_after"),
    Story(270, "ispcrm", "error_flag"),
    Story(297, "brainysoft", "cut_after", "503"),  # minutes ago, and the vendor does not answer yet
    Story(298, "crego-crm", "cut_after", "503"),
)


def tell(leads: Sequence[Lead], sandbox_url: str) -> None:
    """Let the stories of `leads` happen; nothing where there are deliveries already, which are none of ours."""
    if Delivery.objects.exists():
        return
    with _faulty_vendors() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        connections = vendors.connect(url)
        for story in STORIES:
            _tell(server, story, leads[story.place], connections[story.connection])
        Exchange.objects.update(url=Replace("url", Value(url), Value(sandbox_url)))
    vendors.connect(sandbox_url)


@contextmanager
def _faulty_vendors() -> Iterator[SandboxServer]:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    server = command.build(parser.parse_args(["--port", "0"]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
        server.ledger.close()


def _tell(server: SandboxServer, story: Story, lead: Lead, connection: Connection) -> None:
    server.faults.clear()
    server.faults.add(Fault(EVERY_VENDOR, story.create))
    if story.find:
        server.faults.add(Fault(EVERY_VENDOR, story.find, kinds=("find",)))
    moment: datetime | None = lead.created_at + SOON
    assert moment is not None
    with made_at(moment):
        lead_service.submit([lead], [connection.pk])
    told = Delivery.objects.filter(lead=lead, connection=connection)
    told.update(created_at=moment, updated_at=moment, due_at=moment)
    while moment is not None and moment < timezone.now():
        moment = _step(told.get(), moment)
        if story.then == "cancelled":
            outbox.cancel(told.values_list("pk", flat=True))
            told.update(updated_at=moment)
            break
    if story.then == "changed":
        lead_service.revise(lead)


def _forget_health(delivery: Delivery) -> None:
    """What went wrong is days ago: the vendor is not held today because of it."""
    Health.objects.filter(connection=delivery.connection_id).delete()
    told = (Notice.Kind.BREAKER, Notice.Kind.SLOWED)
    Notice.objects.filter(connection=delivery.connection_id, kind__in=told).delete()


def _step(delivery: Delivery, moment: datetime) -> datetime | None:
    """Let the engine act on the one delivery that is due, at `moment`; returns when it wants to act again."""
    with made_at(moment):
        claim = outbox.claim(1)
        assert claim is not None, "a story's delivery is due at its moment"
        engine.deliver(claim)
    _forget_health(delivery)
    acted = Delivery.objects.get(pk=delivery.pk)
    # Within our transaction the database's clock stands still: what it gave is this step's.
    ago = acted.updated_at - moment
    fresh = Exchange.objects.filter(delivery=delivery, created_at=acted.updated_at)
    fresh.update(created_at=moment, updated_at=moment, finished_at=moment)
    acted.due_at -= ago
    Delivery.objects.filter(pk=delivery.pk).update(updated_at=moment, due_at=acted.due_at)
    return acted.due_at if acted.state in (State.RETRYING, State.UNKNOWN) else None
