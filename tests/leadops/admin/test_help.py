"""The pages "Help"."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from django.urls import reverse

from leadops.admin.help import PAGES


@pytest.mark.parametrize("name", PAGES)
def test_everything_that_a_page_shows_or_links_to_is_there(desk, name):
    url = reverse("admin:help", args=[name])
    page = desk.get(url).content.decode()
    assert re.search(rf'href="{url}"[^>]*aria-current="page"', page)
    article = page.partition('<article class="lo-card lo-doc">')[2].partition("</article>")[0]
    assert '<table tabindex="0">' in article
    named = [each for each in re.findall(r'(?:src|href)="([^"#]+)"', article) if "://" not in each]
    assert named
    assert {each: desk.get(urljoin(url, each)).status_code for each in named} == dict.fromkeys(named, 200)
    assert desk.get(urljoin(url, "images/overview.png"))["Content-Type"] == "image/png"


def test_menu_leads_to_every_page(reading_desk):
    page = reading_desk.get(reverse("admin:index")).content.decode()
    assert all(f'href="{reverse("admin:help", args=[name])}"' in page for name in PAGES)


@pytest.mark.parametrize("name", ["operations.md", "../manage.py", "images/../../manage.py", "images/", "x"])
def test_nothing_else_is_served(desk, name):
    assert desk.get(f"/admin/help/{name}").status_code == 404


def test_help_is_for_who_is_signed_in(client):
    assert client.get(reverse("admin:help", args=["images/overview.png"])).status_code == 302
