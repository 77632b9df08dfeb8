"""Webhooks of a vendor over HTTP: signed, stored and answered, beside the same server where there is nothing to do.

Each is another one, over 8 connections at once. The bar is the vendor's patience: 95 of 100 answered within 200 ms.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import statistics
import uuid

import scratch

scratch.setup()

from calling import Load
from nested_lead import prepare
from serving import environment, served

from crm_integrations.models import Connection, Inbound

RUNS, SECONDS, CLIENTS, BAR_MS = 3, 4.0, 8, 200.0
SECRET = "bench"
NUMBERS = itertools.count()


def event() -> dict[str, object]:
    """As the vendor's page shows one, about a request of a client."""
    data = {"id": str(next(NUMBERS)), "type": "withdrawal", "status": "rejected", "user_id": "ABCD1234"}
    source = {"service": "requests", "event": "crm.webhooks.requests.withdrawal.reject"}
    return {"source": source, "target": {"name": "Webhook-Withdraw"}, "version": "1.0.0", "data": data}


def signed(body: str) -> dict[str, str]:
    return {"X-Crm-Signature": hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()}


def main() -> None:
    prepare()
    broctagon = Connection.objects.get(vendor="broctagon")
    broctagon.secrets = {**broctagon.secrets, "webhook_secret": SECRET}
    broctagon.save()
    told = {"clients": CLIENTS, "body": event, "sign": signed}
    with served("leadops", environment(), scratch.ROOT / "var" / "bench" / "webhooks.log") as port:
        ours = Load(port, f"/v1/webhooks/{broctagon.pk}/", **told)
        nothing = Load(port, f"/v1/webhooks/{uuid.uuid4()}/", 404, **told)
        waits: list[float] = []

        def kept() -> float:
            rate = ours.rate(SECONDS)
            waits.append(ours.wait(95))
            return rate

        ours.rate(1)  # imports, connections, caches
        rates = scratch.interleaved(RUNS, kept=kept, nothing=lambda: nothing.rate(SECONDS))
    if Inbound.objects.count() != ours.taken:
        raise SystemExit(f"{ours.taken} answered, {Inbound.objects.count()} stored")
    scratch.report("webhooks stored and answered", rates["kept"], "a second")
    scratch.report("the same server, nothing to do", rates["nothing"], "a second")
    scratch.report("stored over nothing to do", 100 * rates["kept"] / rates["nothing"], "%")
    scratch.report("95 of 100 answered within", statistics.median(waits), "ms", f"bar: {BAR_MS:.0f}")


if __name__ == "__main__":
    main()
