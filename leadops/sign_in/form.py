"""The form of the sign-in."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from leadops.sign_in.lockouts import in_words


class SignInForm(AuthenticationForm):
    """Name and password; who failed too often is told how long to wait, whether there is such an officer or not."""

    def get_invalid_login_error(self) -> ValidationError:
        until = getattr(self.request, "locked_until", None)
        if until is None:
            return super().get_invalid_login_error()
        words = _("Too many sign-ins failed. Wait %(time)s and try again, or ask whoever runs leadops here.")
        return ValidationError(words, code="locked_out", params={"time": in_words(until)})
