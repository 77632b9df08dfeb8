"""Instances made past `Model.__init__` are what calling the model makes."""

from __future__ import annotations

import pytest

from crm_integrations.models import Connection, Delivery, Exchange
from leadops.instances import Instances

TOLD = {
    "purpose": "create",
    "operation": "lead",
    "method": "POST",
    "url": "https://v.example/",
    "request_body": "{}",
}


@pytest.mark.parametrize("about", [Delivery(), None])
def test_one_is_what_calling_the_model_makes(about):
    connection = Connection()
    made = Instances(Exchange).new(related={"connection": connection, "delivery": about}, **TOLD)
    called = Exchange(connection=connection, delivery=about, **TOLD)

    own = {"id", "created_at", "_state"}  # of each its own
    assert {k: v for k, v in made.__dict__.items() if k not in own} == {
        k: v for k, v in called.__dict__.items() if k not in own
    }
    assert made.__dict__.keys() == called.__dict__.keys()
    assert made._state.adding
    assert made.connection is connection
    assert made.delivery is about


def test_each_has_values_of_its_own():
    one, other = (Instances(Exchange).new(related={}, **TOLD) for _ in range(2))
    one.request_headers["x"] = "1"

    assert one.pk != other.pk
    assert other.request_headers == {}


def test_a_name_that_it_has_not_is_refused():
    with pytest.raises(TypeError, match="Exchange has no purpos"):
        Instances(Exchange).new(related={}, purpos="create")


@pytest.mark.django_db
def test_one_is_stored_as_any_other(connections):
    to = {"connection": connections["ispcrm"], "delivery": None}
    made = Instances(Exchange).new(related=to, **TOLD)
    made.save(force_insert=True)

    assert Exchange.objects.get() == made
