"""What an officer's daily pages ask of the database, whoever looks: their rights and their reach are asked too."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm_integrations.roles import ROLES, Right
from leadops import kept_counts
from tests.crm_integrations.roles.test_matrix import officer_of, signed_in

pytestmark = pytest.mark.django_db
HOME, LIST, LEAD = 10, 12, 20
SEES = Right("leadops", "view_lead")


@pytest.mark.parametrize("role", [name for name, role in ROLES.items() if SEES in role.rights])
def test_the_daily_pages_of_every_role_cost_few_queries(here, role, monkeypatch):
    monkeypatch.setattr(kept_counts, "known", lambda counted: None)  # as for the first who looks in a minute
    desk = signed_in(officer_of(role, here))
    pages = {
        reverse("admin:index"): HOME,
        reverse("admin:leadops_lead_changelist"): LIST,
        reverse("admin:leadops_lead_change", args=[here.lead.pk]): LEAD,
    }
    for page, budget in pages.items():
        desk.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(page).status_code == 200
        assert len(queries) <= budget, [query["sql"][:200] for query in queries]
