"""Which program a body means."""

from __future__ import annotations

from uuid import UUID

from leadops.models import Program


def active_program(program_id: UUID | None) -> Program | None:
    """The program with this id, if it takes new records."""
    return Program.objects.filter(pk=program_id, active=True).first() if program_id else None
