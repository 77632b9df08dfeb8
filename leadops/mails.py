"""Mails in the language of who reads them: an address that is no officer's gets them in English."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from django.core.mail import send_mail
from django.utils import translation

from leadops.models import Officer


def send(written: Callable[[], tuple[str, str]], addresses: Iterable[str]) -> None:
    """Send the subject and the text that `written` gives, once in each language; raises OSError."""
    for language, theirs in _by_language(list(addresses)).items():
        with translation.override(language or None):
            subject, text = written()
            send_mail(subject, text, None, theirs)


def _by_language(addresses: list[str]) -> dict[str, list[str]]:
    chosen = Officer.objects.filter(is_active=True, email__in=addresses).exclude(language="")
    known = dict(chosen.values_list("email", "language"))
    found: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        found[known.get(address, "")].append(address)
    return found
