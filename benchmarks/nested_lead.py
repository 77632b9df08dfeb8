"""A lender with five vendors, and the nested lead that the benchmarks send it over HTTP.

`scratch.setup()` has to come before this is imported.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from string import ascii_uppercase

from crm_integrations.models import Connection, Route
from leadops.api.examples import LEAD_BODY
from leadops.models import ApiKey, Partner, Program

NUMBERS = itertools.count()
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


def plain_tables(env: dict[str, str]) -> None:
    """What the plain application keeps its leads in."""
    plain = env | {"DJANGO_SETTINGS_MODULE": "plain_drf.settings"}
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0"], env=plain, check=True
    )


def of_somebody_else() -> dict[str, object]:
    """Crego's example of a borrower who is not known yet: a lead that repeats another one is another story."""
    number = next(NUMBERS)
    business, signatory = LEAD_BODY["applicants"]
    pan = f"JUVPK{number % 9_999 + 1:04d}{ascii_uppercase[number // 9_999 % 26]}"
    business = business | {"pan_no": pan, "primary_mobile": str(7_700_000_000 + number)}
    told = {"partner_ref_id": f"bench-{number}", "primary_mobile": str(8_400_000_000 + number)}
    return LEAD_BODY | told | {"applicants": [business, signatory]}
