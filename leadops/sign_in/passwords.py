"""How officers' passwords are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id as RFC 9106 recommends where memory is dear: 64 MiB and three passes.

    Django's own choice takes 100 MiB for each sign-in, and sixteen threads sign people in at a time.
    """

    time_cost = 3
    memory_cost = 64 * 1024
    parallelism = 4
