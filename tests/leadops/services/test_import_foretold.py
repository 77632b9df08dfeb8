"""What a preview said is held against what the import did, and can be made anew before."""

from __future__ import annotations

import pytest

from leadops.errors import NotInThisState
from leadops.models import DuplicatePolicy, ImportBatch
from leadops.services import import_previews, import_steering
from tests.leadops.excel.workbooks import good_rows
from tests.leadops.services.imported import counts, go_on, run


def test_nothing_is_kept_of_a_preview_that_came_true(reviewed):
    batch = reviewed([*good_rows(3), ["REF-9", "98", "Asha", "", "1"]])
    assert batch.foretold == {
        "new": 3, "update": 0, "duplicate": 0, "left_out": 0, "refused": 1, "marked": 0,
    }  # fmt: skip
    batch = go_on(batch)
    assert (batch.state, batch.came_true, batch.foretold) == ("done", True, {})


def test_what_came_between_preview_and_import_is_told(reviewed, finished):
    batch = reviewed(good_rows(3))
    finished(good_rows(2))
    batch = go_on(batch)
    assert counts(batch) == (3, 1, 2, 0)
    assert (batch.came_true, batch.foretold["new"], batch.foretold_skipped) == (False, 3, 0)


def test_a_preview_made_again_knows_what_came_since(reviewed, finished):
    batch = reviewed(good_rows(3))
    began = batch.stage_began_at
    finished(good_rows(2))
    import_steering.check_again(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.judged, batch.preview, batch.foretold) == ("judging", 0, "", {})
    batch = run(batch)
    told = import_previews.shown(batch)
    assert (batch.state, told["new"], told["duplicate"]) == ("ready", 1, 2)
    assert batch.stage_began_at > began
    assert go_on(batch).foretold == {}


def test_nothing_but_a_preview_is_made_again(finished):
    with pytest.raises(NotInThisState):
        import_steering.check_again(finished(good_rows(1)))


@pytest.mark.parametrize("leave", [import_steering.change_columns, import_steering.cancel])
def test_a_preview_that_was_left_says_nothing_any_more(reviewed, leave):
    batch = reviewed(good_rows(2))
    leave(batch)
    batch.refresh_from_db()
    assert (batch.foretold, batch.came_true, import_previews.shown(batch)) == ({}, True, {})


def test_a_file_that_changed_leads_and_was_stopped_is_known(reviewed, finished):
    finished(good_rows(2))
    changed = [[*row[:-1], 70_000] for row in good_rows(2)]
    first = go_on(reviewed(changed, mode="update"))
    ImportBatch.objects.filter(pk=first.pk).update(state="cancelled")
    assert reviewed(changed, mode="update").earlier == first


@pytest.mark.parametrize(("policy", "marked"), [(DuplicatePolicy.FLAG, 2), (DuplicatePolicy.REFUSE, 0)])
def test_rows_that_go_in_though_they_look_like_duplicates_are_counted(
    reviewed, finished, program, policy, marked
):
    program.duplicate_policy = policy
    program.save()
    finished(good_rows(2))
    rows = [[f"NEW-{at}", *row[1:]] for at, row in enumerate(good_rows(3))]
    told = import_previews.shown(reviewed(rows))
    assert (told["marked"], told["new"]) == (marked, 1 + marked)
