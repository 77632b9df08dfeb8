"""The lists write their rows themselves, quicker than the theme: letter by letter what the theme would have written.

But a label begins with a capital in the text, and not each of its words by a style: File name, not File Name.
"""

from __future__ import annotations

import copy
import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from unfold.templatetags import unfold_list

from crm_integrations.models import Delivery, State
from leadops import quick_rows

from .world import place

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("asked", ["", "?_popup=1", "?_popup=1&_to_field=id", "?q=an"])
def test_rows_are_those_of_the_theme(isp, program, officer, rf, asked):
    place("xq7vkw94", 0, isp, program)
    compared = []
    for model, desk in admin.site._registry.items():
        request = rf.get(f"/admin/{asked}")
        request.user = officer
        listed = desk.get_changelist_instance(request)
        rows = list(listed.result_list)
        listed.result_list = rows
        ours = ["".join(row) for row in unfold_list.results(listed)]
        theirs = ["".join(unfold_list.items_for_result(listed, row, None)) for row in rows]
        # The theme takes any first cell for the box that chooses.
        if "action_checkbox" not in listed.list_display:
            label = quick_rows.headers_once(listed)[0]["text"]
            theirs = [each.replace('"Select record"', f'"{label}"') for each in theirs]
        theirs = [re.sub('(?<= data-label=")[a-z]', lambda found: found[0].upper(), each) for each in theirs]
        assert ours == theirs, model
        compared += [model] * bool(rows)
    assert len(compared) >= (5 if asked.endswith("an") else 25)


def test_no_list_is_edited_in_place():
    assert not [each for each in admin.site._registry.values() if each.list_editable]


def test_the_theme_asks_us_for_its_rows():
    assert unfold_list.results is quick_rows.rows


def test_chips_of_any_delivery_need_nothing_that_the_list_has_not_read(isp, program, desk):
    """Whatever state it is in: a field left unread would be read for each row."""
    lead = place("xq7vkw94", 0, isp, program).lead
    first = Delivery.objects.filter(lead=lead).first()
    assert first is not None
    for later, state in enumerate(State, start=100):
        more = copy.copy(first)
        more.pk, more.version, more.state = None, first.version + later, state
        more._state.adding, more.accepted = True, False
        more.save()
        with CaptureQueriesContext(connection) as queries:
            assert str(state.label) in desk.get("/admin/leadops/lead/").content.decode()
        # Less the menu, which counts what waits for a decision in a statement of its own.
        read = [
            query["sql"] for query in queries.captured_queries if " AS key, count(*) " not in query["sql"]
        ]
        for table in ("crm_integrations_delivery", "crm_integrations_connection"):
            assert sum(f' FROM "{table}"' in each for each in read) == 1, state
