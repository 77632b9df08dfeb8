"""What officers sign in with besides the password: a phone that shows codes, and codes on paper for its loss."""

from __future__ import annotations

import base64
import secrets
import time
from typing import ClassVar
from urllib.parse import quote, urlencode

from django.db import models
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from leadops.fields import EncryptedTextField
from leadops.ids import uuid7
from leadops.models.officer import Officer
from leadops.models.record import Record

ISSUER = "leadops"
SECRET_BYTES = 20
DIGITS = 6
TOLERATED_STEPS = 1
"""So many steps of 30 seconds a phone's clock may be off."""


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]  # django-otp has no types
    """An app that shows a code every 30 seconds (RFC 6238), as a device of django-otp's; its secret is sealed here.

    Not confirmed until its owner has typed a first code. Wrong codes make it wait: 1 second, 2, 4 and so on.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(Officer, models.CASCADE, related_name="+")
    secret = EncryptedTextField(default=new_secret)
    last_step = models.BigIntegerField(default=-1)

    objects: ClassVar[models.Manager[Authenticator]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "confirmed"], name="authenticator_once"),
        ]

    def verify_token(self, token: str) -> bool:
        """Whether `token` is right and was not used before; it is used up then. Under the row's lock."""
        allowed, _ = self.verify_is_allowed()
        if not allowed:
            return False
        totp = TOTP(base64.b32decode(self.secret), digits=DIGITS)
        totp.time = time.time()
        right = token.isdecimal() and totp.verify(int(token), TOLERATED_STEPS, self.last_step + 1)
        if right:
            self.last_step = totp.t()
            self.throttle_reset(commit=False)
            self.save()
        else:
            self.throttle_increment()
        return bool(right)

    def get_throttle_factor(self) -> int:
        return 1

    @property
    def address(self) -> str:
        """What the app reads from the picture: an `otpauth:` URL, which tells the secret."""
        label = quote(f"{ISSUER}:{self.user.get_username()}")
        return f"otpauth://totp/{label}?{urlencode({'secret': self.secret, 'issuer': ISSUER})}"


class RecoveryCode(Record):
    """A code on paper that stands in for the phone, once. Stored as a keyed hash."""

    officer = models.ForeignKey(Officer, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["officer", "digest"], name="recovery_code_once"),
        ]
