"""Django's `gettext`, which keeps what it found: for what a page says hundreds of times.

Our words are English, and so no English catalogue has them: Django looks into a dozen before it says so. And which
language it is in, a page asks a thousand times.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.functional import lazy
from django.utils.translation import trans_real


def by_thread() -> None:
    """Have Django keep the language of just now by thread alone: nothing of ours is asynchronous.

    To ask for what it keeps by tasks as well takes ten times as long.
    """
    django: Any = trans_real
    django._active = threading.local()


def keep_found() -> None:
    """Have the catalogue of the language just now keep whatever is looked for in it, templates' words too."""
    catalogue: Any = trans_real.catalog()
    if "gettext" not in vars(catalogue):
        catalogue.gettext = lru_cache(maxsize=10_000)(catalogue.gettext)


def gettext(text: str) -> str:
    """`text` in the reader's language."""
    return _found(translation.get_language(), text)


@lru_cache(maxsize=10_000)
def _found(language: str | None, text: str) -> str:
    """What the catalogues have in the language of just now, which is `language`."""
    return translation.gettext(text)


gettext_lazy = lazy(gettext, str)
