"""Send leads over REST: `python -m benchmarks.chaos.posting PORT SECONDS RATE VENDOR...`; prints what was answered."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import threading
import time
from typing import Any

import django

Answers = list[tuple[int, float]]
"""The status and the seconds of each."""


def main(port: int, seconds: float, rate: float, *vendor_names: str) -> dict[str, Any]:
    """Leads at `rate` a second, each in a thread of its own, so that a slow answer holds up no other."""
    key = _prepared(vendor_names)
    answers: Answers = []
    threads = []
    began = time.monotonic()
    for number in range(int(seconds * rate)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        threads.append(threading.Thread(target=_post, args=(port, key, answers)))
        threads[-1].start()
    for each in threads:
        each.join()
    waits = [wait for _, wait in answers]
    taken = sum(status == 200 for status, _ in answers)
    p95 = 1000 * statistics.quantiles(waits, n=20, method="inclusive")[-1]
    return {"sent": len(threads), "taken": taken, "p95_ms": p95}


def _prepared(vendor_names: tuple[str, ...]) -> str:
    """A key of a partner whose leads go to these vendors."""
    from benchmarks.nested_lead import LEAD_BODY
    from leadops.models import ApiKey, Program
    from tests import people, vendors

    Program.objects.get_or_create(
        id=LEAD_BODY["program_id"], defaults={"code": "rest", "name": "REST", "product_type": "scf"}
    )
    vendors.connect(os.environ["CHAOS_VENDORS"], *vendor_names)
    own = f"chaos-{os.getpid()}"  # each partner has few keys
    return ApiKey.issue(people.partner(own, own))[1]


def _post(port: int, key: str, answers: Answers) -> None:
    from benchmarks.nested_lead import NUMBERS, of_somebody_else

    body = json.dumps(of_somebody_else())
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    headers["Idempotency-Key"] = f"chaos-{next(NUMBERS)}"
    began, calling = time.monotonic(), http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        calling.request("POST", "/v1/crm/leads/", body, headers)
        status = calling.getresponse().status
    except OSError:
        status = 0
    finally:
        calling.close()
    answers.append((status, time.monotonic() - began))


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:])))
