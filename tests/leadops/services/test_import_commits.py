"""What of an import waits for the disk: its end, and what a partner may read by number; no chunk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.dispatch import Signal

from leadops import doorbell, signals, statements
from leadops.models import ImportBatch
from tests.leadops.excel.workbooks import good_rows

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def commits(monkeypatch) -> Iterator[dict[str, str]]:
    """How each step of an import commits what it writes."""
    monkeypatch.setattr(doorbell, "ring", lambda task, **sent: None)
    statements.run("SET synchronous_commit TO on")  # as it is outside of tests
    found: dict[str, str] = {}

    real = statements.run

    def watched(sql, *args):
        done = real(sql, *args)
        if "enable_seqscan" in sql:  # the last that a chunk says
            [(found["chunk"],)] = statements.rows("SHOW synchronous_commit")
        return done

    monkeypatch.setattr(statements, "run", watched)

    def end(sender, batches, **_):
        [(found["end"],)] = statements.rows("SHOW synchronous_commit")

    finished: Signal = signals.imports_finished
    finished.connect(end, ImportBatch)
    yield found
    finished.disconnect(end, ImportBatch)
    statements.run("RESET synchronous_commit")


def test_only_the_end_waits_for_the_disk(finished, commits):
    assert finished(good_rows(3)).created == 3
    assert commits == {"chunk": "off", "end": "on"}


def test_a_lead_whose_event_a_partner_may_have_read_is_not_lost(finished, partner, commits):
    partner.keeps_events = True
    partner.save()
    assert finished(good_rows(3)).created == 3
    assert commits["chunk"] == "on"
