"""What is kept of a language stays with it, and with the thread that asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.utils import translation

from leadops.languages.kept import gettext


def test_each_thread_has_its_own_language():
    def elsewhere() -> tuple[str, str | None]:
        before = translation.get_language()
        with translation.override("en-gb"):
            return gettext("Leads"), before

    with translation.override("hi"), ThreadPoolExecutor(1) as pool:
        said, before = pool.submit(elsewhere).result()
        assert said == "Leads" != gettext("Leads")
        assert translation.get_language() == "hi" != before
    assert gettext("Leads") == "Leads"


def test_without_a_language_words_are_as_they_are():
    with translation.override(None):
        assert translation.get_language() is None
        assert gettext("Leads") == "Leads"
