"""What an import holds of the leads it changes, and what others may still do with them meanwhile."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from leadops.models import Duplicate
from leadops.services import lead_updates
from tests import people
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_lead_that_is_being_changed_may_be_named_as_the_first_of_a_repeat(partner, program):
    """Or it and the one that repeats it wait for each other, each with a lock that the other wants."""
    first, later = people.leads_of(partner, program, 2)

    def name_it() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            Duplicate.objects.create(lead=later, earlier=first)

    with transaction.atomic():
        assert set(lead_updates.to_change([first.pk], lock=True)) == {first.pk}
        assert together(name_it) == []
    assert Duplicate.objects.count() == 1
