"""The names of our models, fields and choices in the reader's language, without a word of it in the models.

Most names are Django's own, made of the field's name, and there is nothing to wrap in a model: so all are made lazy
here, once, when the apps are loaded. Migrations see what the models say, and nothing of this.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models import Choices, Field
from django.utils import translation
from django.utils.functional import Promise, lazy

from leadops.languages.kept import gettext_lazy


def speak(app: AppConfig) -> None:
    """Have all labels of the models of `app` looked up when they are shown."""
    _speak_choices(Choices, app.name)
    for model in app.get_models(include_auto_created=True):
        names = model._meta
        names.verbose_name = gettext_lazy(str(names.verbose_name or ""))
        # Lazy already where it is of Django's own making.
        names.verbose_name_plural = gettext_lazy(str(names.verbose_name_plural))
        for field in (*names.local_fields, *names.local_many_to_many):
            _speak_field(field)
        for constraint in names.constraints:
            constraint.violation_error_message = _lazy(constraint.violation_error_message)


def _speak_choices(kind: type[Choices], module: str) -> None:
    for each in kind.__subclasses__():
        _speak_choices(each, module)
        if each.__module__.split(".")[0] == module:
            for member in each:
                member._label_ = _lazy(member._label_)


def _speak_field(field: Field[Any, Any]) -> None:
    if not isinstance(field.verbose_name, Promise):
        field.verbose_name = _of_model(field.model._meta.model_name or "", field.verbose_name)
    if field.help_text:
        field.help_text = _lazy(field.help_text)
    for validator in field.validators:
        if isinstance(message := getattr(validator, "message", None), str):
            vars(validator)["message"] = _lazy(message)
    if isinstance(field.choices, list):  # others are made anew whenever they are asked for
        field.choices = [(value, _lazy(label)) for value, label in field.flatchoices]


def _look_up(model: str, text: str) -> str:
    """What `text` is on this model, where it is another word than elsewhere: an address has no state like a call's."""
    found = translation.pgettext(model, text)
    return found if found != text else translation.gettext(text)


_of_model = lazy(_look_up, str)


def _lazy(text: Any) -> Any:
    """As it is where it is lazy already, or empty: nothing is what the catalogue's head is found by."""
    return text if not text or isinstance(text, Promise) else gettext_lazy(text)
