"""The phones of officers: what their authenticator apps show."""

from __future__ import annotations

import base64
import time

from django_otp.oath import TOTP

from leadops.models import Authenticator, Officer
from leadops.services import second_factor


def code(secret: str, later: int = 0) -> str:
    """What an app shows, `later` steps of 30 seconds from now."""
    totp = TOTP(base64.b32decode(secret))
    totp.time = time.time() + 30 * later
    return f"{totp.token():06d}"


def enrolled(officer: Officer) -> tuple[str, list[str]]:
    """Give `officer` a phone; its secret, and the recovery codes. The codes of this minute are not used up."""
    secret = second_factor.to_enrol(officer).secret
    codes = second_factor.enrol(officer, code(secret))
    Authenticator.objects.filter(user=officer).update(last_step=-1)
    return secret, codes
