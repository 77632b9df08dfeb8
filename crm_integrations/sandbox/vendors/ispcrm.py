"""ISPCRM: leads (https://docs.ispcrm.online/create_lead)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..fields import Table, filled, flatten, matching, text
from ..messages import Answer, Created, Refused, Request
from ..vendor import Numbers, Route, Vendor, bearer_is, reason_header

LEAD = Table(
    {
        "name": filled,
        "email": matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "Not an email address."),
        "phone": filled,
        "address": text,
        "remarks": text,
    },
    required=("name", "email", "phone"),
)
MESSAGES = {400: "Invalid request data", 401: "Unauthorized"}


class Ispcrm(Vendor):
    """ISPCRM by netgroot."""

    slug = "ispcrm"
    label = "ISPCRM"
    prefixes = ("/api/v1/",)
    credentials: ClassVar[Mapping[str, str]] = {"token": "sandbox-ispcrm-token"}

    def routes(self) -> list[Route]:
        # 101 is the page's own example of a lead_id.
        taken = [int(entry["id"] or 0) for entry in self.ledger.held(self.slug)]
        self._lead_ids = Numbers(101, taken)
        return [Route("POST", r"/api/v1/subscriber/CreateLead", "lead", self.create_lead)]

    def create_lead(self, request: Request) -> Answer:
        if not bearer_is(request, self.secrets["token"]):
            raise Refused(self.error(401, "The Bearer token is missing or wrong."))
        body = self.json_object(request)
        problems = list(flatten(LEAD(body)))
        if problems:
            raise Refused(self.error(400, "; ".join(f"{name}: {problem}" for name, problem in problems)))
        lead_id = self._lead_ids.next()
        answer = {
            "success": True,
            "message": "Lead created successfully",
            "data": {"lead_id": lead_id, "status": "New"},
        }
        return Answer(200, answer, created=Created(lead_id))

    def error(self, status: int, reason: str) -> Answer:
        # One sentence per status is all that the page gives; the sandbox's header says more.
        # Statuses that the page does not list carry the reason itself (INFERRED).
        body = {"success": False, "message": MESSAGES.get(status, reason)}
        return Answer(status, body, reason_header(reason))

    def flagged_error(self, reason: str) -> Answer:
        # The page's sentence alone would not tell an officer what to mend.
        body = {"success": False, "message": f"{MESSAGES[400]}: {reason}"}
        return Answer(200, body, reason_header(reason))

    def name_of(self, body: dict[str, Any]) -> str:
        return str(body.get("name", ""))
