"""Settings of the sign-in; leadops.settings takes all of them over."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from leadops.environment import env_bool, env_int

PRODUCTION = env_bool("LEADOPS_PRODUCTION")

# The first one is for new passwords; a password that another one hashed gets a new hash when it is next used.
PASSWORD_HASHERS = [
    "leadops.sign_in.passwords.Argon2id",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, object]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 15}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "leadops.sign_in.rights.Rights",
]

# django-axes asks and tells our handler, and counts nothing by itself.
AXES_HANDLER = "leadops.sign_in.lockouts.LockOuts"
AXES_CLIENT_IP_CALLABLE = "leadops.client_address.client_address"
AXES_LOCKOUT_CALLABLE = "leadops.sign_in.lockouts.answer"
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# Failed sign-ins within the time, before more are refused: of one name from one address, of one name, from one address.
LOCK_OUT_WITHIN = timedelta(minutes=15)
LOCK_OUT_AFTER = {"name and address": 5, "name": 20, "address": 100}

SESSION_ENGINE = "leadops.sign_in.session_store"
# A session that nobody uses ends after the first, any session after the second.
SESSION_IDLE_SECONDS = env_int("SESSION_IDLE_MINUTES", 15, least=1) * 60
SESSION_COOKIE_AGE = env_int("SESSION_HOURS", 8, least=1) * 3600
# What is dear (reveal, export, approval, replay, connections) wants a second factor not older than this.
FRESH_FACTOR_SECONDS = env_int("FRESH_FACTOR_MINUTES", 5, least=1) * 60
# In production always; elsewhere when asked for, so that the demo opens with a password alone.
SECOND_FACTOR = PRODUCTION or env_bool("SECOND_FACTOR")
ACCOUNT_LINKS = [
    {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
    {"title": _("Second factor"), "link": reverse_lazy("admin:sign_in_codes")},
]

# A browser takes a cookie of such a name over https alone, from this host alone and for all of it.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    ("__Host-session", "__Host-csrf") if PRODUCTION else ("sessionid", "csrftoken")
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
# Messages name people: they stay on this side of the wire.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
