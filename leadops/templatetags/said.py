"""What is kept in English, in the language of the page."""

from __future__ import annotations

from django import template

from leadops.languages.said import said

register = template.Library()
register.filter("said", said)
