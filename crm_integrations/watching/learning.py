"""The fields and words a vendor answers with: learned from its first answers, and from officers afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from crm_integrations import notices
from crm_integrations.connector import Connector
from crm_integrations.models import AnswerShape, Connection, Exchange, Notice
from crm_integrations.watching.reading import Reading
from leadops.ids import first_id_at
from leadops.models import Officer

Kind = Notice.Kind
LEARNING = 200
"""So many first answers to an operation are taken for what is usual: fewer miss what few records have."""
MOST_FIELDS, MOST_UNKNOWN, MOST_WORDS = 600, 100, 200
"""A vendor with more of them makes them up: nothing is learned from it, and nothing told."""
LATELY, MOST_SENT = timedelta(days=7), 500
NEW_FIELDS = "Answers have fields that the ones before had not. They stand in the notice under “About”."
NEW_WORD = (
    "A status word came that was not seen before: it is kept as it came. See whether it needs a meaning."
)


def learn(connection: Connection, connector: Connector | None, readings: Sequence[Reading]) -> None:
    """Compare the answers with what is known of their operation, and tell operations what is new."""
    shapes = _locked(connection)
    known = {word for shape in shapes.values() for word in shape.words}
    for operation in sorted({each.operation for each in readings if each.fields is not None or each.words}):
        shape = shapes.get(operation) or AnswerShape(connection=connection, operation=operation)
        answers = [each for each in readings if each.operation == operation]
        _learn_words(shape, answers, known, connector)
        _learn_fields(shape, answers)
        shape.save()


def _locked(connection: Connection) -> dict[str, AnswerShape]:
    """Before any notice, as everywhere: who locks in two orders deadlocks."""
    shapes = AnswerShape.objects.select_for_update().filter(connection=connection).order_by("pk")
    return {shape.operation: shape for shape in shapes}


def _learn_words(
    shape: AnswerShape, answers: Sequence[Reading], known: set[str], connector: Connector | None
) -> None:
    """`known` are the words of all operations of the connection; it grows with what is learned."""
    new: set[str] = set()
    for at, words in enumerate(each.words for each in answers):
        unknown = {word for word in words - known if not (connector and connector.meaning(word))}
        if len(known) >= MOST_WORDS:
            return
        if shape.answers + at < LEARNING:
            shape.words = sorted({*shape.words, *unknown})
            known |= unknown
        else:
            new |= unknown
    if connector is None or not connector.explains_words:
        return  # there is no table that the word could be missing in
    for word in sorted(new):
        notices.raise_notice(shape.connection, Kind.NEW_STATUS, NEW_WORD, subject=word)


def _learn_fields(shape: AnswerShape, answers: Sequence[Reading]) -> None:
    known, new = set(shape.fields), set[str]()
    for each in answers:
        if each.fields is None:
            continue
        # What we sent and got back is no news, and usual from then on.
        known |= each.fields if shape.answers < LEARNING else each.echoed
        new |= each.fields - known
        shape.answers += 1
    if ours := _sent_lately(shape.connection, new):
        known, new = known | ours, new - ours
    shape.fields = sorted(known)[:MOST_FIELDS]
    if new and len(known) <= MOST_FIELDS:
        _tell_fields(shape, new)


def _sent_lately(connection: Connection, fields: set[str]) -> set[str]:
    """Those of new fields that stand in records we sent: whoever lists what it was given tells no news."""
    if not fields:
        return set()
    since = first_id_at(timezone.now(), -LATELY)
    sent = Exchange.objects.filter(connection=connection, purpose=Exchange.Purpose.CREATE, pk__gte=since)
    bodies = "\n".join(sent.order_by("-pk").values_list("request_body", flat=True)[:MOST_SENT])
    return {path for path in fields if f'"{_name(path)}"' in bodies}


def _name(path: str) -> str:
    """`results[].kyc[]` ends in `kyc`."""
    return path.rpartition(".")[2].removesuffix("[]")


def _tell_fields(shape: AnswerShape, new: set[str]) -> None:
    """One open notice of an operation, which names all that is unknown in its answers."""
    before = _subject(shape)
    shape.unknown = sorted({*shape.unknown, *new})[:MOST_UNKNOWN]
    if before != _subject(shape):
        notices.close(shape.connection, Kind.NEW_FIELD, before)
    notices.raise_notice(shape.connection, Kind.NEW_FIELD, NEW_FIELDS, subject=_subject(shape))


def _subject(shape: AnswerShape) -> str:
    said = f"{shape.operation}: {', '.join(shape.unknown)}"
    return said if len(said) <= 200 else f"{said[:199]}…"


def _shapes(notice: Notice) -> dict[str, AnswerShape]:
    """What its connection's answers look like, locked; of no connection there are none."""
    return _locked(notice.connection) if notice.connection else {}


def put_away(notice: Notice, officer: Officer) -> bool:
    """An officer knows of it: what was new in it is usual from now on. False when it was closed before."""
    with transaction.atomic():
        shapes = _shapes(notice)
        open_ones = Notice.objects.filter(pk=notice.pk, closed_at=None)
        if not open_ones.update(closed_at=Now(), closed_by=officer, updated_at=Now()):
            return False
        if notice.kind == Kind.NEW_STATUS:
            _take_word(shapes.get("") or AnswerShape(connection=notice.connection), notice.subject)
        elif notice.kind == Kind.NEW_FIELD:
            for shape in shapes.values():
                if _subject(shape) == notice.subject:
                    shape.fields = sorted({*shape.fields, *shape.unknown})
                    shape.unknown = []
                    shape.save()
        return True


def _take_word(shape: AnswerShape, word: str) -> None:
    shape.words = sorted({*shape.words, word})
    shape.save()


def forget(notice: Notice) -> None:
    """What was new is gone again: close the notice, and learn nothing."""
    with transaction.atomic():
        for shape in _shapes(notice).values():
            if notice.kind == Kind.NEW_FIELD and _subject(shape) == notice.subject:
                shape.unknown = []
                shape.save()
        notices.close(notice.connection, Kind(notice.kind), notice.subject)
