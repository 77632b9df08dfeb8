"""Some generated requests, the same ones at every run; `make fuzz` sends very many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadops.models import ApiKey, Partner, Program, Scope
from tests.contract.fuzzing import Fuzz
from tests.contract.operations import operations

CASES, SEED = 60, 20261121


@pytest.fixture
def fuzz(
    live_server, partner: Partner, other_partner: Partner, program: Program, settings, tmp_path
) -> Iterator[Fuzz]:
    settings.MEDIA_ROOT = tmp_path
    one, other = (ApiKey.issue(each, scopes=list(Scope))[1] for each in (partner, other_partner))
    made = Fuzz(live_server.url, (one, other), str(program.pk))
    yield made
    made.close()


def test_no_answer_is_a_fault_or_other_than_the_schema_says(fuzz):
    found = fuzz.run(CASES, 1, SEED)
    assert found.faults == {}
    assert set(found.statuses) == {str(each) for each in operations(fuzz.schema)}
    seen = set().union(*found.statuses.values())
    assert {200, 201, 400, 401, 404} <= seen, "the requests get past no refusal, or meet none"
