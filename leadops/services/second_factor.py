"""The second factor of officers: enrolling a phone, showing a code of it, and what there is for its loss."""

from __future__ import annotations

import secrets
from datetime import datetime
from math import ceil

from django.db import transaction
from django.utils import timezone

from leadops.errors import LeadopsError
from leadops.models import Authenticator, Officer, RecoveryCode
from leadops.sealing import fingerprint

CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike on paper."""
LENGTH, GROUP = 16, 4


class WrongCode(LeadopsError):
    """This code is wrong, or it was used before. Take the next one that the app shows."""


class WaitFirst(LeadopsError):
    """Too many wrong codes."""

    def __init__(self, until: datetime) -> None:
        seconds = max(1, ceil((until - timezone.now()).total_seconds()))
        unit = f"{ceil(seconds / 60)} minutes" if seconds > 90 else f"{seconds} seconds"
        super().__init__(f"Too many wrong codes: wait {unit} and take the code that the app shows then.")


class NotEnrolled(LeadopsError):
    """There is no phone for this officer yet."""


def to_enrol(officer: Officer) -> Authenticator:
    """The phone that `officer` is about to enrol; the same one until its first code was typed."""
    found, _ = Authenticator.objects.get_or_create(
        user=officer, confirmed=False, defaults={"name": "Authenticator app"}
    )
    return found


def enrol(officer: Officer, code: str) -> list[str]:
    """Take the new phone in the place of the old one by its first code; the recovery codes, which nobody sees again.

    Every session of the officer ends with it. Raises WrongCode, WaitFirst and NotEnrolled.
    """
    _proved(officer, code, confirmed=False)
    with transaction.atomic():
        Authenticator.objects.filter(user=officer, confirmed=True).delete()
        Authenticator.objects.filter(user=officer, confirmed=False).update(confirmed=True)
        _change(officer, since=timezone.now())
        return new_codes(officer)


def show(officer: Officer, code: str) -> int | None:
    """Take a code of the phone, or one of those on paper; how many of these are left, if it was one.

    Raises WrongCode, WaitFirst and NotEnrolled.
    """
    typed = _plain(code)
    if len(typed) != LENGTH:
        _proved(officer, typed, confirmed=True)
        return None
    with transaction.atomic():
        phone = _phone(officer, confirmed=True)
        used = RecoveryCode.objects.filter(officer=officer, digest=_digest(officer, typed), used_at=None)
        good = bool(used.update(used_at=timezone.now()))
        phone.throttle_reset() if good else phone.throttle_increment()
    if not good:
        raise WrongCode
    return RecoveryCode.objects.filter(officer=officer, used_at=None).count()


def new_codes(officer: Officer) -> list[str]:
    """Ten recovery codes in the place of all before."""
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(officer=officer).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(officer=officer, digest=_digest(officer, code)) for code in codes
        )
    return ["-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP)) for code in codes]


@transaction.atomic
def reset(officer: Officer) -> None:
    """Take the phone and the codes away, as when they are lost: the officer enrols anew at the next sign-in."""
    Authenticator.objects.filter(user=officer).delete()
    RecoveryCode.objects.filter(officer=officer).delete()
    _change(officer, since=None)


def _change(officer: Officer, since: datetime | None) -> None:
    officer.factor_since = since
    officer.end_sessions()
    officer.save(update_fields=["factor_since", "sessions_since"])


def _proved(officer: Officer, code: str, confirmed: bool) -> None:
    """Raise unless `code` is right: outside the transaction, which keeps that it was not."""
    with transaction.atomic():
        right = _phone(officer, confirmed).verify_token(_plain(code))
    if not right:
        raise WrongCode


def _phone(officer: Officer, confirmed: bool) -> Authenticator:
    """The officer's phone, locked; WaitFirst when too many codes were wrong."""
    phone = Authenticator.objects.select_for_update().filter(user=officer, confirmed=confirmed).first()
    if phone is None:
        raise NotEnrolled
    allowed, why = phone.verify_is_allowed()
    if not allowed:
        raise WaitFirst(why["locked_until"])
    return phone


def _plain(code: str) -> str:
    """A code as it is compared: people type it in groups."""
    return "".join(code.split()).replace("-", "").lower()


def _digest(officer: Officer, code: str) -> bytes:
    return fingerprint("recovery code", f"{officer.pk}\0{code}".encode())
