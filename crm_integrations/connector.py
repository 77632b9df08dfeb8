"""What a vendor's connector is: one class that turns a record into a request and a response into an outcome.

Pure Python: no Django, no sockets, no clock. The engine (`delivery.py`) does the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from crm_integrations import errors, records
from crm_integrations.declarations import Config, Secret, Setting
from crm_integrations.messages import (
    Event,
    Listed,
    ListedRow,
    Meaning,
    Missing,
    Outcome,
    Request,
    Response,
    error_words,
)
from crm_integrations.multipart import File
from crm_integrations.records import Kind, Record

__all__ = [
    "NOT_ALLOWED",
    "SURELY_NOT_PROCESSED",
    "Auth",
    "Config",
    "Connector",
    "Event",
    "File",
    "Kind",
    "Listed",
    "ListedRow",
    "Meaning",
    "Missing",
    "Outcome",
    "Request",
    "Response",
    "Secret",
    "Setting",
    "Token",
    "error_words",
]

SURELY_NOT_PROCESSED = frozenset({408, 425, 429, 503})
NOT_ALLOWED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Token:
    """A credential the vendor handed out; `expires_in` is in seconds."""

    value: str
    expires_in: float


class Auth:
    """How a vendor is shown who we are. A strategy: pure, and without state."""

    def token_request(self) -> Request | None:
        """The one call to make first, None when the credentials need no exchange."""
        return None

    def read_token(self, response: Response) -> Token:
        """The token in the answer to `token_request`; Misconfigured when there is none."""
        raise errors.Misconfigured("This vendor hands out no token.")

    def apply(self, request: Request, token: str = "") -> Request:
        """`request` with the credentials on it; `token` is the value from `read_token`."""
        raise NotImplementedError


class Connector:
    """One vendor.

    Subclasses carry the facts as class attributes and override `build_<kind>` for each kind of record the vendor
    takes; a kind that is not overridden is never enqueued. Methods raise only from `errors`.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    docs_url: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]] = ()
    secrets: ClassVar[tuple[Secret, ...]] = ()
    extra_fields: ClassVar[tuple[Setting, ...]] = ()
    """What `lead.extra[slug]` may hold: fields that only this vendor has."""
    not_carried: ClassVar[tuple[str, ...]] = ()
    """Our fields that this vendor has no place for: shown to the officer, never dropped silently."""
    depends_on: ClassVar[str] = ""
    """Slug of the vendor that has to know the lead first."""
    inferred_paths: ClassVar[Mapping[str, str]] = {}
    """Paths by operation that the vendor does not document; the setting `paths` of a connection overrides them."""
    can_find: ClassVar[bool] = False
    partner_references: ClassVar[re.Pattern[str] | None] = None
    """Partners' own references that `record.ref` may be, where one is free at this connection; else it is ours."""
    knows_repeats: ClassVar[bool] = False
    """What comes twice is known by its id and taken once: where nobody knows whether it arrived, it is sent again."""
    is_partners: ClassVar[bool] = False
    """No vendor, but a partner's own address: nobody routes leads there, and nobody watches how it behaves."""
    can_follow: ClassVar[bool] = False
    """The vendor can be asked, after it took a record, how that record stands."""
    meanings: ClassVar[Mapping[str, Meaning]] = {}
    """What the vendor's words for that mean; the setting `meanings` of a connection adds to them and overrides them."""
    can_list: ClassVar[bool] = False
    takes_webhooks: ClassVar[bool] = False
    timeout: ClassVar[float] = 30.0

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def kinds(cls) -> tuple[Kind, ...]:
        """The kinds of record this vendor takes: those whose `build_` method is overridden."""
        return tuple(k for k in Kind if getattr(cls, f"build_{k}") is not getattr(Connector, f"build_{k}"))

    @property
    def auth(self) -> Auth:
        """The strategy that puts this connection's credentials on a request."""
        raise NotImplementedError

    def build_lead(self, record: records.LeadRecord) -> Request:
        """The request that creates `record` at the vendor."""
        raise errors.Unsupported(f"{self.label} takes no leads.")

    def build_loan_account(self, record: records.LoanAccountRecord) -> Request:
        """The request that creates `record` at the vendor."""
        raise errors.Unsupported(f"{self.label} takes no loan accounts.")

    def build_bank(self, record: records.BankAccountRecord) -> Request:
        """The request that has `record` verified at the vendor."""
        raise errors.Unsupported(f"{self.label} verifies no bank accounts.")

    def build_document(self, record: records.DocumentRecord) -> Request:
        """The request that files `record` with its lead at the vendor."""
        raise errors.Unsupported(f"{self.label} takes no documents.")

    def build_event(self, record: records.EventRecord) -> Request:
        """The request that tells `record`."""
        raise errors.Unsupported(f"{self.label} takes no events.")

    def missing_lead(self, record: records.LeadRecord) -> list[Missing]:
        """What the vendor still needs before `record` can be sent."""
        return []

    def missing_loan_account(self, record: records.LoanAccountRecord) -> list[Missing]:
        """What the vendor still needs before `record` can be sent."""
        return []

    def missing_bank(self, record: records.BankAccountRecord) -> list[Missing]:
        """What the vendor still needs before `record` can be sent."""
        return []

    def missing_document(self, record: records.DocumentRecord) -> list[Missing]:
        """What the vendor still needs before `record` can be sent."""
        return []

    def missing_event(self, record: records.EventRecord) -> list[Missing]:
        """What is still needed before `record` can be told."""
        return []

    @property
    def document_types(self) -> frozenset[str]:
        """Our types of documents that this connection is to be sent: none, unless an operator said which."""
        return frozenset()

    def parse(self, response: Response) -> Outcome:
        """The outcome in a 2xx answer to a create; raises Rejected or OutcomeUnknown where the body says so."""
        raise NotImplementedError

    def find(self, record: Record) -> Request:
        """The request that asks the vendor whether it holds `record`. Only where `can_find`."""
        raise errors.Unsupported(f"{self.label} can't be asked.")

    def parse_find(self, response: Response, record: Record) -> Outcome | None:
        """The outcome when the vendor holds `record`, None when it surely does not; else OutcomeUnknown."""
        raise errors.Unsupported(f"{self.label} can't be asked.")

    def check(self) -> Request | None:
        """A harmless call that proves address and credentials, None where the vendor documents none."""
        return None

    def ask_status(self, reference: str) -> Request:
        """The request that asks how the record with the vendor's id `reference` stands. Only where `can_follow`."""
        raise errors.Unsupported(f"{self.label} can't be asked how a record stands.")

    def ask_further(self, response: Response) -> Request | None:
        """The second request a 2xx answer to `ask_status` leads to, when the word is to be had there; else None."""
        return None

    def parse_status(self, response: Response) -> Outcome:
        """The status in the last 2xx answer; `reference` is the record's id where told, `message` why it ended."""
        raise errors.Unsupported(f"{self.label} can't be asked how a record stands.")

    def list_page(self, first: date, last: date, page: int) -> Request:
        """The request for `page` (from 1) of the records made on the days `first` to `last`. Only where `can_list`.

        The days are the vendor's, and whether `last` is within is its affair: who needs all asks for a day more.
        """
        raise errors.Unsupported(f"{self.label} can't list what it holds.")

    def parse_list(self, response: Response) -> Listed:
        """The rows of a 2xx answer; OutcomeUnknown when it does not tell them, or whether more follow."""
        raise errors.Unsupported(f"{self.label} can't list what it holds.")

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the vendor signed these raw bytes, compared in constant time. Header names are lower case."""
        return False

    def read_event(self, body: bytes) -> Event:
        """What a verified webhook tells; OutcomeUnknown when it can't be read. Only where `takes_webhooks`."""
        raise errors.Unsupported(f"{self.label} calls nobody.")

    def words(self, response: Response) -> str:
        """The vendor's own words in an error answer, for the officer."""
        return error_words(response)

    def build(self, kind: Kind, record: Record) -> Request:
        """The create request for `record`; Unsupported, with the list, when something the vendor needs is missing."""
        if missing := self._needs(kind, record):
            raise errors.Unsupported(" ".join(each.message for each in missing))
        request: Request = getattr(self, f"build_{kind}")(record)
        return request

    def missing(self, kind: Kind, record: Record) -> list[Missing]:
        """What the vendor still needs before `record` can be sent; also where that can't even be told."""
        try:
            return self._needs(kind, record)
        except errors.DeliveryError as error:
            return [Missing("", error.message)]

    def _needs(self, kind: Kind, record: Record) -> list[Missing]:
        found: list[Missing] = getattr(self, f"missing_{kind}")(record)
        return found

    def outcome(self, response: Response) -> Outcome:
        """The outcome of a create, from status and body; raises from `errors` for anything but success."""
        self.raise_for_status(response)
        return self.parse(response)

    def found(self, response: Response, record: Record) -> Outcome | None:
        """The outcome of a look-up; raises from `errors` when the answer is not certain."""
        self.raise_for_status(response)
        return self.parse_find(response, record)

    def path(self, operation: str) -> str:
        """The path of `operation`, one of `inferred_paths`, as this connection has it."""
        told = self.config.settings.get("paths") or {}
        return str(told.get(operation) or self.inferred_paths[operation])

    def meaning(self, word: str) -> Meaning | None:
        """What the vendor's `word` means to us, None when it is unknown."""
        told = self.config.settings.get("meanings") or {}
        return Meaning.named(told.get(word) or self.meanings.get(word))

    @property
    def explains_words(self) -> bool:
        """Whether anything says what the vendor's words mean: where nothing does, every word is as unknown."""
        return bool(self.meanings or self.config.settings.get("meanings"))

    def is_refusal(self, response: Response) -> bool:
        """Whether a 2xx answer says no by its body alone: of such nothing is learned of how answers are made."""
        return False

    def raise_for_status(self, response: Response) -> None:
        """Raise the error a non-2xx status stands for. A vendor overrides this only for a documented oddity."""
        status = response.status
        if 200 <= status < 300:
            return
        words = f"HTTP {status}: {self.words(response)}".rstrip(": ")
        if status in SURELY_NOT_PROCESSED:
            raise errors.Transient(words, response.retry_after)
        if status in NOT_ALLOWED or 300 <= status < 400:
            raise errors.Misconfigured(words)
        # 409 most likely speaks of our own earlier request; 5xx may come after the record was stored.
        if status == 409 or status >= 500 or status < 200:
            raise errors.OutcomeUnknown(words)
        raise errors.Rejected(words)
