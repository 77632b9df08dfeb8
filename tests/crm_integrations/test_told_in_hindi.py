"""All that our code can tell an officer is in the catalogue: what it refuses, and what vendors' connectors ask for."""

from __future__ import annotations

import ast
import importlib
import itertools
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

import crm_integrations
import leadops
from crm_integrations import registry
from crm_integrations.errors import DeliveryError
from crm_integrations.partner_webhook import PartnerWebhook
from leadops.errors import LeadopsError
from leadops.excel.notes import CODES as NOTES
from leadops.languages.said import said
from leadops.services import template_workbook
from leadops.validation import Finding
from leadops.validation.codes import CODES

NOT_AT_THE_DESK = re.compile(
    r"\.(?:api|dialects|management|migrations|sandbox|embedded_\w+|environment|wsgi|\w+_api)\b|_shapes$"
)
"""What partners' programs and operators read is English."""
ENGLISH = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[,;:.]? ){2,}[A-Za-z][A-Za-z'’-]*")
AS_THEY_ARE = re.compile(
    r"https?://\S+|DAYS, WEEKS, MONTHS|Settings > Dev Space > (?:Open API Keys|Webhooks)|name@example\.com"
    r"|Edit Links|Workbook Links|Break Link"  # as Excel has them
)
TOLD = {
    "Finding": 2,
    "row_note": 1,
    "raise_notice": 2,
    "_tell": 2,
    "Verdict": 1,
    "Missing": 1,
    "refuse_decided": 1,
}
"""Of what calls which argument is told."""


def modules() -> Iterator[ModuleType]:
    for package in (leadops, crm_integrations):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not NOT_AT_THE_DESK.search(found.name):
                yield importlib.import_module(found.name)


def is_told(text: str) -> bool:
    with translation.override("hi"):
        return not ENGLISH.search(AS_THEY_ARE.sub("", said(text)))


def spellings(node: ast.expr, within: ModuleType) -> list[str]:
    """What an expression may come to, with a number where something is put in, or with nothing."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Name):
        found = vars(within).get(node.id)
        return [found] if isinstance(found, str) else []
    if isinstance(node, ast.JoinedStr):
        pieces = [[str(each.value)] if isinstance(each, ast.Constant) else ["7", ""] for each in node.values]
        return ["".join(each) for each in itertools.product(*pieces)]
    return []


def sentences(module: ModuleType) -> Iterator[list[str]]:
    """What `module` refuses with, and tells: each as the texts it may be."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        at = TOLD.get(name, 0 if _refuses(node.func, module) else None)
        if at is not None and len(node.args) > at and (found := spellings(node.args[at], module)):
            yield found


def _refuses(called: ast.expr, module: ModuleType) -> bool:
    found: Any = vars(module).get(called.id) if isinstance(called, ast.Name) else None
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        found = getattr(vars(module).get(called.value.id), called.attr, None)
    return isinstance(found, type) and issubclass(found, (LeadopsError, DeliveryError, ValidationError))


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    for each in kind.__subclasses__():
        yield from (each, *subclasses(each))


def test_every_sentence_that_is_raised_is_in_hindi():
    found = [each for module in modules() for each in sentences(module)]
    assert len(found) > 150
    assert [each[0] for each in found if not any(map(is_told, each))] == []


@pytest.mark.parametrize("kind", [LeadopsError, DeliveryError])
def test_every_refusal_is_in_hindi(kind):
    list(modules())
    said_by_itself = {
        (each.__doc__ or "").strip()
        for each in subclasses(kind)
        if not NOT_AT_THE_DESK.search(each.__module__)
    }
    assert sorted(each for each in said_by_itself if not is_told(each)) == []


def test_every_word_on_a_value_is_in_hindi():
    assert [each.template for each in (*CODES.values(), *NOTES.values()) if not is_told(each.template)] == []


@pytest.mark.parametrize("connector", [*registry.vendors().values(), PartnerWebhook])
def test_what_a_vendor_s_connection_asks_for_is_in_hindi(connector):
    declared = [*connector.settings, *connector.secrets, *connector.extra_fields]
    with translation.override("hi"):
        words = [text for each in declared for text in (each.label, each.help) if text]
        assert [text for text in words if re.search(r"[a-z]{3}", text) and said(text) == text] == []


def test_what_goes_into_each_column_of_the_template_is_in_hindi():
    words = [*template_workbook.WORDS.values(), *template_workbook.GUIDE, template_workbook.EXAMPLE_NOTE]
    with translation.override("hi"):
        assert [each for each in words if said(each) == each and not AS_THEY_ARE.match(each)] == []


def test_a_sentence_that_nobody_translated_is_found():
    assert not is_told("This is a sentence that is in no catalogue.")
    assert not is_told(Finding.__doc__ or "")
