"""Leaving a delivery alone when its worker can't go on with it, so that the others of its claim don't suffer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection as database

from crm_integrations.models import Delivery
from crm_integrations.outbox.claims import LostLease, Paused
from leadops.faults import place_of

logger = logging.getLogger(__name__)


@contextmanager
def left_to_others(delivery: Delivery) -> Iterator[None]:
    """What fails in here is logged, and `delivery` left to who took it over, or to the sweep; a pause goes on."""
    try:
        yield
    except Paused:
        raise
    except LostLease:
        logger.warning("Delivery %s was taken over by another worker.", delivery.pk)
    except Exception as error:
        database.close_if_unusable_or_obsolete()
        logger.error(
            "Delivery %s could not be settled; its lease will end: %s.", delivery.pk, place_of(error)
        )
