"""Signing in and out leaves events, like a write."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from leadops.audit.noting import note
from leadops.models import AuditEvent, Officer

Action = AuditEvent.Action


@receiver(user_logged_in, dispatch_uid="leadops.audit.signed_in")
def signed_in(user: Any, **_: Any) -> None:
    if isinstance(user, Officer):
        note(Action.SIGNED_IN, user)


@receiver(user_logged_out, dispatch_uid="leadops.audit.signed_out")
def signed_out(user: Any, **_: Any) -> None:
    if isinstance(user, Officer):
        note(Action.SIGNED_OUT, user)


@receiver(user_login_failed, dispatch_uid="leadops.audit.sign_in_failed")
def sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    """The name stays out when it is no officer's: people type their password there."""
    officer = Officer.objects.filter(username=str(credentials.get("username", ""))[:150]).first()
    note(Action.SIGN_IN_FAILED, officer or Officer)
