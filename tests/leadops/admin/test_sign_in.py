"""The page of the sign-in."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from leadops.models import Officer
from tests import people

LOGIN = reverse("admin:login")


def boxes(page: str) -> list[str]:
    """What is said above and within the form."""
    return re.findall(r'role="alert">([^<]+)<', page) + re.findall(r"errornote[^>]*>\s*([^<]+?)\s*<", page)


def test_first_field_has_the_keyboard_and_nothing_is_said_yet(client, db):
    page = client.get(LOGIN).content.decode()
    assert re.findall(r'<input [^>]*name="(\w+)"[^>]*autofocus', page) == ["username"]
    assert boxes(page) == []


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"username": "nobody"}])
def test_wrong_name_and_wrong_password_are_told_alike_and_once(client, officer, wrong):
    typed = {"username": officer.username, "password": "no"} | wrong
    page = client.post(LOGIN, typed).content.decode()
    [said] = boxes(page)
    assert said.startswith("Please enter the correct username and password")
    assert "Please correct" not in page


def test_field_left_empty_is_told_at_the_field(client, officer):
    page = client.post(LOGIN, {"username": officer.username, "password": ""}).content.decode()
    assert "This field is required." in page
    assert boxes(page) == []


def test_who_may_not_open_the_desk_is_told_who_is_signed_in(client, db):
    officer = people.officer("ravi", superuser=False)
    Officer.objects.update(is_staff=False)
    client.force_login(officer)
    page = client.get(reverse("admin:index"), follow=True).content.decode()
    [said] = boxes(page)
    assert said.startswith("You are signed in as ravi, who may not open this page.")
    assert '<form action="/admin/login/' in page
