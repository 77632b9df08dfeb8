"""The newest seals, written down outside the database: by them it is seen when the end of the chain was cut off."""

from __future__ import annotations

import logging
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from leadops import mails
from leadops.audit.chain import Head

logger = logging.getLogger(__name__)
DAILY, NEWEST = "heads.txt", "newest.txt"


class Written(NamedTuple):
    """A seal as it was written down."""

    at: str
    number: int
    hash: str


def write_down(head: Head) -> None:
    """Write the newest seal down: over the last one, and once a day behind those of the days before."""
    if not head.number:
        return
    folder = Path(settings.AUDIT_HEADS)
    now = timezone.now().astimezone(UTC)
    line = f"{now:%Y-%m-%dT%H:%M:%SZ} {head.number} {head.hash.hex()}\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{NEWEST}.new"
        fresh.write_text(line)
        fresh.replace(folder / NEWEST)
        if _last_day(folder / DAILY) != f"{now:%Y-%m-%d}":
            with (folder / DAILY).open("a") as file:
                file.write(line)
            _mail(line)
    except OSError as error:
        # The events are sealed all the same; `verify_audit` tells when no head was written.
        logger.error("The newest seal could not be written to %s: %s.", folder, type(error).__name__)


def _last_day(file: Path) -> str:
    return file.read_text().splitlines()[-1][:10] if file.exists() and file.stat().st_size else ""


def _mail(line: str) -> None:
    if not settings.AUDIT_EMAIL:
        return
    try:
        mails.send(lambda: (_("leadops: seal of the audit"), _text(line)), settings.AUDIT_EMAIL)
    except OSError as error:
        logger.error("The newest seal could not be mailed: %s.", type(error).__name__)


def written_down() -> list[Written]:
    """What was written down, oldest first."""
    files = (Path(settings.AUDIT_HEADS) / name for name in (DAILY, NEWEST))
    lines = [line.split() for file in files if file.exists() for line in file.read_text().splitlines()]
    return [Written(at, int(number), digest) for at, number, digest in lines]


def _text(line: str) -> str:
    heading = _("The newest seal of the audit, its number and hash:")
    return f"{heading}\n\n{line}\n{_('Keep it: verify_audit is held against it.')}"
