"""The page of an import says how sure its preview is, and what came of it otherwise."""

from __future__ import annotations

import re

import pytest
from django.core.files import File
from django.urls import reverse

from leadops.models import ImportBatch, PendingChange
from leadops.services import import_batches, import_steering
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows
from tests.leadops.services.imported import run


@pytest.fixture
def imported(settings, partner, program, tmp_path):
    """Imports rows as far as it goes."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def _imported(rows, *, review: bool = False, **given: str) -> ImportBatch:
        with workbooks.ours(tmp_path / "a.xlsx", [HEADER, *rows]).open("rb") as file:
            batch = import_batches.receive(
                File(file), "a.xlsx", partner=partner, program=program, review=review, **given
            )
        return run(batch)

    return _imported


def page(batch: ImportBatch, view: str = "change") -> str:
    return reverse(f"admin:leadops_importbatch_{view}", args=[batch.pk])


def test_a_preview_is_made_again_by_a_button(desk, imported):
    batch = imported(good_rows(3), review=True)
    assert f'action="{page(batch, "check")}"' in desk.get(page(batch)).content.decode()
    imported(good_rows(2))
    assert desk.post(page(batch, "check"))["Location"] == page(batch)
    shown = desk.get(page(run(batch))).content.decode()
    assert "Import 1 row<" in shown


def test_only_the_preview_that_was_seen_is_imported(desk, imported):
    batch = imported(good_rows(3), review=True)
    shown = desk.get(page(batch)).content.decode()
    [seen] = re.findall(r'name="seen" value="([^"]+)"', shown)
    import_steering.check_again(batch)
    again = run(batch)
    refused = desk.post(page(batch, "go_on"), {"seen": seen}, follow=True).content.decode()
    assert "look at it again" in refused
    assert run(again).state == "ready"
    [seen] = re.findall(r'name="seen" value="([^"]+)"', desk.get(page(batch)).content.decode())
    desk.post(page(batch, "go_on"), {"seen": seen})
    assert run(again).state == "done"


@pytest.mark.usefixtures("_approvals")
def test_nobody_is_asked_to_approve_another_preview_than_was_seen(desk, imported):
    batch = imported(good_rows(4), review=True)
    seen = batch.stage_began_at.isoformat()
    import_steering.check_again(batch)
    assert run(batch).state == "ready"
    desk.post(page(batch, "go_on"), {"seen": seen})
    assert not PendingChange.objects.exists()


@pytest.mark.usefixtures("_approvals")
@pytest.mark.parametrize("step", ["check", "back", "cancel"])
def test_a_request_to_import_a_preview_that_is_no_more_is_over(desk, imported, step):
    batch = imported(good_rows(4), review=True)
    desk.post(page(batch, "go_on"))
    assert PendingChange.objects.get().state == PendingChange.State.PENDING
    desk.post(page(batch, step))
    assert PendingChange.objects.get().state == PendingChange.State.STALE


def test_an_import_that_did_otherwise_than_its_preview_says_so(desk, imported):
    batch = imported(good_rows(3), review=True)
    imported(good_rows(2))
    import_steering.go_on(batch)
    shown = desk.get(page(run(batch))).content.decode()
    assert "The preview said 3 created, 0 updated, 0 skipped, 0 refused." in shown


def test_an_import_that_did_as_it_said_keeps_still(desk, imported):
    batch = imported(good_rows(3), review=True)
    import_steering.go_on(batch)
    assert "The preview said" not in desk.get(page(run(batch))).content.decode()


def test_rows_that_look_like_duplicates_and_go_in_are_told(desk, imported):
    imported(good_rows(2))
    rows = [[f"NEW-{at}", *row[1:]] for at, row in enumerate(good_rows(3))]
    shown = desk.get(page(imported(rows, review=True))).content.decode()
    assert "2 of the rows that go in look like duplicates. They go in all the same and are marked" in shown


def test_a_preview_that_was_thrown_away_made_nothing(desk, imported):
    batch = imported(good_rows(2), review=True)
    import_steering.cancel(batch)
    shown = desk.get(page(run(batch))).content.decode()
    assert "It was thrown away before a row went in" in shown
    assert "<progress" not in shown


@pytest.mark.usefixtures("_approvals")
@pytest.mark.parametrize(("rows", "needed"), [(3, False), (4, True)])
def test_it_says_before_whether_a_second_person_has_to_approve(desk, imported, rows, needed):
    shown = desk.get(page(imported(good_rows(rows), review=True))).content.decode()
    assert ("So many rows need the approval of a second person" in shown) is needed


@pytest.mark.parametrize(("layout", "rows"), [("grouped", 1), ("flat", 0)])
def test_a_preview_says_when_rows_are_put_together(desk, imported, layout, rows):
    first, second = good_rows(2)
    batch = imported([first, [first[0], *second[1:]]], review=True, layout=layout)
    shown = desk.get(page(batch)).content.decode()
    assert shown.count("1 row belongs to the lead of a row above") == rows
