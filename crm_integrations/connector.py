"""What a vendor's connector is: one class that turns a record into a request and a response into an outcome.

Pure Python: no Django, no sockets, no clock. The engine (`delivery.py`) does the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

from crm_integrations import errors
from crm_integrations.records import LeadRecord, LoanAccountRecord, Record

Kind = Literal["lead", "loan_account"]
KINDS: tuple[Kind, ...] = ("lead", "loan_account")

SURELY_NOT_PROCESSED = frozenset({408, 425, 429, 503})
NOT_ALLOWED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete but for its host and credentials.

    `path` starts with a slash and is joined to the connection's base URL, unless it is an absolute URL.
    `body` is the exact bytes that go on the wire: whoever signs, signs these.
    """

    operation: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, operation: str, path: str, payload: Any, method: str = "POST") -> Request:
        """A request whose body is `payload`, serialised once and compactly as UTF-8 JSON."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(operation, method, path, body, {"Content-Type": "application/json"})

    @classmethod
    def get(cls, operation: str, path: str, **query: str) -> Request:
        """A GET with `query` encoded into the path."""
        return cls(operation, "GET", f"{path}?{urlencode(query)}" if query else path)

    def with_headers(self, **headers: str) -> Request:
        """The same request with more headers; an underscore in a name stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


@dataclass(frozen=True, slots=True)
class Response:
    """What the vendor answered; header names are lower case, `body` is capped by the transport."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON.

        Raises OutcomeUnknown when it can't be read: a vendor that says something else than documented has
        said nothing certain.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise errors.OutcomeUnknown(f"The answer (HTTP {self.status}) is not readable JSON.") from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object; OutcomeUnknown when it is anything else."""
        body = self.json()
        if not isinstance(body, dict):
            raise errors.OutcomeUnknown(f"The answer (HTTP {self.status}) is not a JSON object.")
        return body

    @property
    def retry_after(self) -> float | None:
        """Seconds of the Retry-After header when it is a whole number, else None."""
        said = self.headers.get("retry-after", "")
        return float(said) if said.isdecimal() and len(said) < 10 else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The vendor holds the record.

    `reference`: the vendor's own id, empty when it gave none. `status`: the vendor's word for its state,
    verbatim. `look_up`: it said yes without an id, so it has to be asked for the id.
    """

    reference: str = ""
    status: str = ""
    message: str = ""
    look_up: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing this vendor still needs: `field` is a path like `applicants[0].primary_email`."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a connection. `kind` is the Python type of its value (str, int, bool or dict)."""

    name: str
    label: str
    kind: type[str] | type[int] | type[bool] | type[dict[str, Any]] = str
    default: Any = ""
    choices: tuple[Any, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """One write-only credential of a connection."""

    name: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """One connection as its connector sees it: settings are complete (defaults filled in)."""

    base_url: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


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
    can_find: ClassVar[bool] = False
    tells_partner_reference: ClassVar[bool] = False
    """`record.ref` is the partner's own reference where it has one that is free at this connection, else ours."""
    timeout: ClassVar[float] = 30.0

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def kinds(cls) -> tuple[Kind, ...]:
        """The kinds of record this vendor takes: those whose `build_` method is overridden."""
        return tuple(k for k in KINDS if getattr(cls, f"build_{k}") is not getattr(Connector, f"build_{k}"))

    @property
    def auth(self) -> Auth:
        """The strategy that puts this connection's credentials on a request."""
        raise NotImplementedError

    def build_lead(self, record: LeadRecord) -> Request:
        """The request that creates `record` at the vendor."""
        raise errors.Unsupported(f"{self.label} takes no leads.")

    def build_loan_account(self, record: LoanAccountRecord) -> Request:
        """The request that creates `record` at the vendor."""
        raise errors.Unsupported(f"{self.label} takes no loan accounts.")

    def missing_lead(self, record: LeadRecord) -> list[Missing]:
        """What the vendor still needs before `record` can be sent."""
        return []

    def missing_loan_account(self, record: LoanAccountRecord) -> list[Missing]:
        """What the vendor still needs before `record` can be sent."""
        return []

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

    def words(self, response: Response) -> str:
        """The vendor's own words in an error answer, for the officer."""
        return error_words(response)

    # The template the engine drives. -----------------------------------------------------------------------

    def build(self, kind: Kind, record: Record) -> Request:
        """The create request for `record`; Unsupported, with the list, when something the vendor needs is missing."""
        missing: list[Missing] = getattr(self, f"missing_{kind}")(record)
        if missing:
            raise errors.Unsupported("Not ready: " + " ".join(m.message for m in missing))
        request: Request = getattr(self, f"build_{kind}")(record)
        return request

    def outcome(self, response: Response) -> Outcome:
        """The outcome of a create, from status and body; raises from `errors` for anything but success."""
        self.raise_for_status(response)
        return self.parse(response)

    def found(self, response: Response, record: Record) -> Outcome | None:
        """The outcome of a look-up; raises from `errors` when the answer is not certain."""
        self.raise_for_status(response)
        return self.parse_find(response, record)

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


def error_words(response: Response, limit: int = 500) -> str:
    """What an error body says: `detail`, else `message`, else `error`, else its fields; at most `limit` characters."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return ""
    if isinstance(body, dict):
        said = next((body[k] for k in ("detail", "message", "error") if isinstance(body.get(k), str)), body)
    else:
        said = body
    return (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))[:limit]
