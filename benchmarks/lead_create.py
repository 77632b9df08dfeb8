"""A nested lead over HTTP: ours with key, checks, encryption and five vendors, against plain REST framework.

Both sides run under gunicorn with two sync workers, on one database, in turns; the body is Crego's example, each time
of another borrower.
"""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from string import ascii_uppercase

import scratch

scratch.setup()

from serving import environment, served

from crm_integrations.models import Connection, Delivery, Route
from leadops.api.examples import LEAD_BODY
from leadops.models import ApiKey, Bank, Lead, Partner, Program

NUMBERS = itertools.count()
RUNS, SECONDS, CLIENTS = 3, 6.0, 2
VENDORS = {
    "brainysoft": {"auth_mode": "static"},
    "broctagon": {},
    "crego_crm": {"program_ids": {"bench": LEAD_BODY["program_id"]}},
    "crego_los": {},
    "ispcrm": {},
}
SECRETS = {
    "brainysoft": {"token": "bench"},
    "broctagon": {"api_key": "bench"},
    "crego_crm": {"token": "bench"},
    "crego_los": {"token": "bench"},
    "ispcrm": {"token": "bench"},
}


def prepare() -> str:
    """A program with a route to five vendors, and a key to call with."""
    Program.objects.create(id=LEAD_BODY["program_id"], code="bench", name="Bench", product_type="scf")
    for vendor, values in VENDORS.items():
        made = Connection(vendor=vendor, name=vendor, base_url="http://127.0.0.1:9", settings=values)
        made.secrets = SECRETS[vendor]
        made.save()
        Route.objects.create(connection=made)
    return ApiKey.issue(Partner.objects.create(name="Bench", code="bench"))[1]


class Load:
    """Clients that post one lead after the other."""

    def __init__(self, port: int, path: str, status: int, key: str = "") -> None:
        self.port, self.path, self.status = port, path, status
        self.headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {key}"} if key else {}
        )
        self.taken = 0

    def rate(self, seconds: float = SECONDS) -> float:
        """Leads a second."""
        counts: list[int] = []
        clients = [threading.Thread(target=self._client, args=(seconds, counts)) for _ in range(CLIENTS)]
        began = time.perf_counter()
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        if len(counts) != CLIENTS:
            raise SystemExit(f"{self.path} did not answer {self.status}")
        self.taken += sum(counts)
        return sum(counts) / (time.perf_counter() - began)

    def _client(self, seconds: float, counts: list[int]) -> None:
        done, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            body = _of_somebody_else(next(NUMBERS))
            calling = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            calling.request("POST", self.path, json.dumps(body), self.headers)
            answer = calling.getresponse()
            said = answer.read()
            calling.close()
            if answer.status != self.status:
                print(answer.status, said[:500])
                return
            done += 1
        counts.append(done)


def _of_somebody_else(number: int) -> dict[str, object]:
    """Crego's example of a borrower who is not known yet: a lead that repeats another one is another story."""
    business, signatory = LEAD_BODY["applicants"]
    pan = f"JUVPK{number % 9_999 + 1:04d}{ascii_uppercase[number // 9_999 % 26]}"
    business = business | {"pan_no": pan, "primary_mobile": str(7_700_000_000 + number)}
    told = {"partner_ref_id": f"bench-{number}", "primary_mobile": str(8_400_000_000 + number)}
    return LEAD_BODY | told | {"applicants": [business, signatory]}


def main() -> None:
    key, env = prepare(), environment()
    plain_env = env | {"DJANGO_SETTINGS_MODULE": "plain_drf.settings"}
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0"], env=plain_env, check=True
    )
    with served("leadops", env) as ours, served("plain_drf", env) as plain:
        sides = {
            "leadops": Load(ours, "/v1/crm/leads/", 200, key),
            "plain_drf": Load(plain, "/leads/", 201),
        }
        for side in sides.values():
            side.rate(1)  # imports, connections, caches
        rates = scratch.interleaved(RUNS, **{name: side.rate for name, side in sides.items()})
    _check(sides["leadops"].taken)
    scratch.report("leadops: nested lead, all features", rates["leadops"], "leads/s")
    scratch.report("plain REST framework: nested lead, no features", rates["plain_drf"], "leads/s")
    scratch.report("leadops over plain", rates["leadops"] / rates["plain_drf"], "times", "bar: 1.00")


def _check(sent: int) -> None:
    """Everything was really done: each lead with its rows, and a delivery to each of the four lead vendors."""
    leads = Lead.objects.count()
    if not (leads == sent and Bank.objects.count() == 2 * sent and Delivery.objects.count() == 4 * sent):
        raise SystemExit(f"{sent} sent, {leads} kept, {Delivery.objects.count()} deliveries")


if __name__ == "__main__":
    main()
