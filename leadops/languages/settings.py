"""Settings of the languages."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy as _

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English")), ("hi", _("Hindi"))]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]
FORMAT_MODULE_PATH = "leadops.formats"
