"""What a partner's columns are: what an officer decides is remembered for the same headers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from leadops.errors import LeadopsError
from leadops.excel.header import BY_HEADER, OurColumns
from leadops.excel.header_row import NO_HEADER, Table, by_letter
from leadops.excel.proposals import Proposal, fingerprint, padded, troubles, without_ours
from leadops.models import ColumnMapping, ImportBatch, Layout, Officer, Partner
from leadops.services import import_leases

State = ImportBatch.State


class WrongMapping(LeadopsError):
    """These columns can't be imported like this."""


def remembered(partner: Partner, headers: Sequence[str]) -> ColumnMapping | None:
    """What was decided for these headers of `partner`."""
    return ColumnMapping.objects.filter(partner=partner, headers=fingerprint(headers)).first()


def headers_by(table: Table, mapping: OurColumns) -> list[str]:
    """The headers of a table whose columns are settled; where it has none, the names of what they were settled as."""
    return padded(table.names, len(mapping)) if table.number else _own_names(mapping)


def _own_names(mapping: OurColumns) -> list[str]:
    # Those left out are named too, so that a workbook of refused rows is known by its headers.
    return [name or by_letter(at) for at, name in enumerate(mapping)]


def choose_header(batch: ImportBatch, number: int) -> ImportBatch:
    """Take an officer's word for which row is the header, NO_HEADER if none is, and read the file anew by it."""
    with transaction.atomic():
        batch = _locked(batch)
        if number not in (NO_HEADER, *(row for row, _ in Proposal.of(batch.proposal).rows)):
            raise WrongMapping("This is no row of this file: open the page again.")
        batch.header_row, batch.mapping = number, None
        _read_anew(batch)
    return batch


def _locked(batch: ImportBatch) -> ImportBatch:
    """The batch while it asks; raises WrongMapping when it does no more."""
    batch = ImportBatch.objects.select_for_update().select_related("partner").get(pk=batch.pk)
    if batch.state != State.MAPPING:
        raise WrongMapping(
            f"The columns of this import are settled: it is {batch.get_state_display().lower()}."
        )
    return batch


def _read_anew(batch: ImportBatch) -> None:
    batch.columns, batch.state, batch.stage_began_at = [], State.QUEUED, timezone.now()
    batch.save()
    import_leases.ring(batch.pk)


def confirm(
    batch: ImportBatch, mapping: OurColumns, layout: str, *, mode: str, officer: Officer | None
) -> ImportBatch:
    """Take an officer's word for what the columns are, remember it, and read the file by it.

    Raises WrongMapping with every reason why not.
    """
    with transaction.atomic():
        batch = _locked(batch)
        if batch.mends_id:  # then it may do what that import may
            mode = batch.mode
        proposal = Proposal.of(batch.proposal)
        _refuse_nonsense(proposal, mapping, layout, mode)
        _remember(batch, proposal, mapping, layout, officer)
        batch.mapping, batch.layout, batch.mode = list(mapping), layout, mode
        _read_anew(batch)
    return batch


def said_against(mapping: OurColumns, layout: str, mode: str) -> list[str]:
    """What stands against these columns, a sentence each."""
    said = troubles(mapping, mode)
    if layout == Layout.GROUPED and "Partner reference" not in mapping:
        said.append("Rows can be put together by their partner reference only: no column holds it yet.")
    return said


def _refuse_nonsense(proposal: Proposal, mapping: OurColumns, layout: str, mode: str) -> None:
    if len(mapping) != len(proposal.choices) or any(name and name not in BY_HEADER for name in mapping):
        raise WrongMapping("These are not the columns of this file: open the page again.")
    if said := said_against(mapping, layout, mode):
        raise WrongMapping(" ".join(said))


def _remember(
    batch: ImportBatch, proposal: Proposal, mapping: OurColumns, layout: str, officer: Officer | None
) -> None:
    headers, of_headers = [choice.header for choice in proposal.choices], proposal.fingerprint
    if proposal.header_row == NO_HEADER:  # nothing to know the next file by, but its refused rows come back
        headers = _own_names(mapping)
        of_headers = fingerprint(headers)
    ColumnMapping.objects.update_or_create(
        partner=batch.partner,
        headers=of_headers,
        defaults={"mapping": without_ours(headers, mapping), "layout": layout, "decided_by": officer},
    )
