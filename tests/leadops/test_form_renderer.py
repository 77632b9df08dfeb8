"""Fields of forms that are written in Python are those that the templates write, but for white space."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from unfold import widgets

from leadops.form_renderer import QUICK, QuickFields

HOSTILE = "\"><script>&'"
ATTRS = {
    "class": "a b",
    "data-x": HOSTILE,
    "required": True,
    "disabled": False,
    "title": gettext_lazy("Leads"),
}
CHOICES = [("", "–"), ("a&b", HOSTILE), (gettext_lazy("Kinds"), [("c", mark_safe("<i>c</i>")), (3, "three")])]
FIELDS: list[tuple[forms.Widget, Any]] = [
    (forms.TextInput(), HOSTILE),
    (forms.TextInput(), mark_safe("&amp;")),
    (forms.HiddenInput(), None),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(), False),
    (forms.NumberInput(), 1234567.5),
    (forms.Select(choices=CHOICES), "c"),
    (forms.SelectMultiple(choices=CHOICES), ["a&b", "3"]),
    (widgets.UnfoldAdminTextInputWidget(), HOSTILE),
    (widgets.UnfoldAdminTextInputWidget(attrs={"prefix_icon": "search"}), "x"),
    (widgets.UnfoldAdminTextareaWidget(), HOSTILE),
    (widgets.UnfoldAdminTextareaWidget(), ""),
    (widgets.UnfoldAdminSelectWidget(choices=CHOICES), "a&b"),
    (widgets.UnfoldAdminSelect2Widget(choices=CHOICES), "a&b"),
    (widgets.UnfoldAdminSingleDateWidget(), "2026-11-21"),
    (widgets.UnfoldAdminSingleTimeWidget(), "10:00"),
    (widgets.UnfoldAdminSplitDateTimeWidget(), None),
    (widgets.UnfoldBooleanWidget(), True),
]


def without_space(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r">\s+|\s+<", lambda found: found[0].strip(), html)).replace(" >", ">")


@pytest.mark.parametrize(("widget", "value"), FIELDS)
def test_a_field_is_what_its_template_writes(widget, value):
    # A copy each: the theme's text field draws its icon once and forgets it.
    ours, theirs = (
        deepcopy(widget).render("na<me", value, ATTRS, renderer)
        for renderer in (QuickFields(), DjangoTemplates())
    )
    assert without_space(ours) == without_space(theirs)


class Asked(forms.Form):
    name = forms.CharField(label='R&D "name"', help_text="<b>help</b>")


@pytest.mark.parametrize("data", [None, {}])
def test_labels_and_errors_are_what_their_templates_write(data):
    ours, theirs = (Asked(data, renderer=renderer)["name"] for renderer in (QuickFields(), DjangoTemplates()))
    assert ours.label_tag(attrs=ATTRS) == theirs.label_tag(attrs=ATTRS)
    assert ours.legend_tag() == theirs.legend_tag()
    assert str(ours.errors) == str(theirs.errors)
    assert ("field is required" in str(ours.errors)) is (data is not None)


def test_every_quick_field_has_a_template_that_it_stands_for():
    for name in QUICK:
        DjangoTemplates().get_template(name)
