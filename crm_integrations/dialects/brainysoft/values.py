"""The kinds of values in a lead of Brainysoft's, read as leniently as its clients are known to write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from crm_integrations.dialects.dialect import optional
from leadops.api.codes import CODES
from leadops.api.problems import FieldError
from leadops.api.shapes import Lean, Many, Shape, Text, Unreadable, YesNo, error
from leadops.validation.codes import CODES as CONTENT_CODES

WHOLE = re.compile(r"-?[0-9]{1,19}")
NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ROWS = 50
LONGEST_NUMBER = 15
"""Digits, by E.164."""
NOT_KEPT = "Papers and tax numbers of others than the borrower are not taken; leave this out."
NOT_SETTABLE = "A new lead has no id yet; leave it out."


def wrong(code: str, words: str = "") -> Unreadable:
    return Unreadable([FieldError("", code, words or CODES[code])])


class Whole(Lean, serializers.IntegerField):
    """A whole number of so many bits; one in quotes is taken, as the core is known to take it."""

    def __init__(self, bits: int = 64, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)
        self.limit = 2 ** (bits - 1)

    def read(self, data: Any) -> Any:
        if data == "":
            return empty
        if isinstance(data, str) and WHOLE.fullmatch(data):
            data = int(data)
        if type(data) is not int or not -self.limit <= data < self.limit:
            raise wrong("not_a_number")
        return data


class Number(Lean, serializers.FloatField):
    """A number, with or without quotes."""

    def read(self, data: Any) -> Any:
        if data == "":
            return empty
        if isinstance(data, str) and NUMBER.fullmatch(data):
            data = json.loads(data)
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise wrong("not_a_number")
        return data


class IsoDay(Lean, serializers.DateField):
    """A day as YYYY-MM-DD, and in no other way."""

    def read(self, data: Any) -> Any:
        if data == "":
            return empty
        try:
            if isinstance(data, str) and DAY.fullmatch(data):
                return date.fromisoformat(data)
        except ValueError:
            pass
        raise wrong("invalid_date", "This is not a date in the form YYYY-MM-DD.")


class Word(Lean, serializers.CharField):
    """One of the words of the page."""

    def __init__(self, *words: str) -> None:
        super().__init__(required=False, allow_null=True)
        self.words = words

    def read(self, data: Any) -> Any:
        if data == "":
            return empty
        if data not in self.words:
            raise Unreadable([error("", "unknown_choice", known=", ".join(self.words))])
        return data


class Short(Text):
    """A text of at most so many characters."""

    def __init__(self, most: int, *, required: bool = False) -> None:
        super().__init__(required=required, allow_null=not required)
        self.most = most

    def read(self, data: Any) -> str:
        text = super().read(data)
        if self.required and not text.strip():
            raise wrong("required")
        if len(text) > self.most:
            raise wrong("too_long", CONTENT_CODES["too_long"].template.format(limit=self.most))
        return text


class Telephone(Text):
    """A number of at most the digits that one has anywhere: what is longer may be a card's."""

    def read(self, data: Any) -> str:
        text = super().read(data)
        if sum(letter.isdigit() for letter in text) > LONGEST_NUMBER:
            raise wrong("too_long", f"A telephone number has at most {LONGEST_NUMBER} digits.")
        return text


class Texts(Lean, serializers.DictField):
    """An object of texts, whose names the page does not give."""

    def read(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping) or not all(isinstance(each, str) for each in data.values()):
            raise wrong("not_an_object")
        return dict(data)


class Kept(Lean, serializers.ListField):
    """A list of which the page says no more than that it is one: it goes on as it came."""

    def read(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise wrong("not_a_list")
        return data


class Flat(Lean, serializers.DictField):
    """An object of single values, whose names the page hides: they go on as they came."""

    def read(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise wrong("not_an_object")
        if any(isinstance(each, dict | list) for each in data.values()):
            raise wrong("not_a_text")
        return dict(data)


class Never(Lean, serializers.Field[Any, Any, Any, Any]):
    """A field that is refused in words when it holds anything."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(required=False, allow_null=True)
        self.code, self.words = code, words

    def read(self, data: Any) -> Any:
        if data in ("", {}, []):
            return empty
        raise wrong(self.code, self.words)


def texts(names: str) -> dict[str, Any]:
    return {name: optional() for name in names.split()}


def wholes(names: str, bits: int = 64) -> dict[str, Any]:
    return {name: Whole(bits) for name in names.split()}


def numbers(names: str) -> dict[str, Any]:
    return {name: Number(required=False, allow_null=True) for name in names.split()}


def flags(names: str) -> dict[str, Any]:
    return {name: YesNo(required=False, allow_null=True) for name in names.split()}


def days(names: str) -> dict[str, Any]:
    return {name: IsoDay(required=False, allow_null=True) for name in names.split()}


def rows(child: Any) -> Many:
    return Many(child=child, most=ROWS, required=False, allow_null=True)


def table(name: str, fields: Mapping[str, Any]) -> type[Shape]:
    """A closed object with these fields; reads into a dict of what is there."""
    return type(name, (Shape,), {"draft": dict, "__doc__": name, **fields})


def within(shape: type[Shape]) -> Shape:
    """An object within another, which may be left out."""
    return shape(required=False, allow_null=True)


def plain(value: Any) -> Any:
    """What was read, as JSON has it and without empty texts."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if each not in ("", {}, [], None)}
    return value
