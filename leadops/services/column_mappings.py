"""What a partner's columns are: what an officer decides is remembered for the same headers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from leadops import doorbell
from leadops.errors import LeadopsError
from leadops.excel.header import BY_HEADER, Mapping
from leadops.excel.proposals import fingerprint, troubles, without_ours
from leadops.models import ColumnMapping, ImportBatch, Layout, Officer, Partner
from leadops.services.import_tasks import RUN

State = ImportBatch.State


class WrongMapping(LeadopsError):
    """These columns can't be imported like this."""


def remembered(partner: Partner, headers: Sequence[str]) -> ColumnMapping | None:
    """What was decided for these headers of `partner`."""
    return ColumnMapping.objects.filter(partner=partner, headers=fingerprint(headers)).first()


def confirm(
    batch: ImportBatch, mapping: Mapping, layout: str, *, mode: str, officer: Officer | None
) -> ImportBatch:
    """Take an officer's word for what the columns are, remember it, and read the file by it.

    Raises WrongMapping with every reason why not.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().select_related("partner").get(pk=batch.pk)
        if batch.state != State.MAPPING:
            raise WrongMapping(
                f"The columns of this import are settled: it is {batch.get_state_display().lower()}."
            )
        _refuse_nonsense(batch, mapping, layout, mode)
        _remember(batch, mapping, layout, officer)
        batch.mapping, batch.layout, batch.mode = list(mapping), layout, mode
        batch.state, batch.stage_began_at = State.QUEUED, timezone.now()
        batch.save()
        transaction.on_commit(lambda: doorbell.ring(RUN, args=[str(batch.pk)]))
    return batch


def said_against(mapping: Mapping, layout: str, mode: str) -> list[str]:
    """What stands against these columns, a sentence each."""
    said = troubles(mapping, mode)
    if layout == Layout.GROUPED and "Partner reference" not in mapping:
        said.append("Rows can be put together by their partner reference only: no column holds it yet.")
    return said


def _refuse_nonsense(batch: ImportBatch, mapping: Mapping, layout: str, mode: str) -> None:
    if len(mapping) != len(batch.columns) or any(name and name not in BY_HEADER for name in mapping):
        raise WrongMapping("These are not the columns of this file: open the page again.")
    if said := said_against(mapping, layout, mode):
        raise WrongMapping(" ".join(said))


def _remember(batch: ImportBatch, mapping: Mapping, layout: str, officer: Officer | None) -> None:
    own = without_ours(batch.columns, mapping)
    ColumnMapping.objects.update_or_create(
        partner=batch.partner,
        headers=fingerprint(batch.columns),
        defaults={"mapping": own, "layout": layout, "decided_by": officer},
    )
