"""Take in leads: `python -m benchmarks.chaos.seeding COUNT VENDOR...`; prints how many deliveries there are."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django

CHUNK = 100
A_DAY = timedelta(days=1)


def main(count: int, *vendor_names: str) -> int:
    """`count` leads on their way to each vendor, each with a loan account where the LOS is one of them."""
    from crm_integrations.models import Connection, Delivery
    from leadops import synthetic
    from leadops.models import Lead
    from leadops.services import leads, loan_accounts
    from leadops.validation import check_lead
    from tests import people, vendors

    if not Connection.objects.exists():
        vendors.connect(os.environ["CHAOS_VENDORS"], *vendor_names)
    partner, program = people.partner("Chaos", "chaos"), people.program("chaos", "Chaos")
    before = Lead.objects.count()
    drafts = synthetic.drafts(before + count)[before:]
    for start in range(0, count, CHUNK):
        chunk = drafts[start : start + CHUNK]
        for draft in chunk:
            check_lead(draft)
        made = leads.create(chunk, partner=partner, program=program, intake=Lead.Intake.API)
        leads.submit(made)
        for lead in made if "crego_los" in vendor_names else []:
            loan_accounts.open_account(lead, f"CL-{lead.partner_ref_id}", program)
    return Delivery.objects.count()


if __name__ == "__main__":
    django.setup()
    print(main(int(sys.argv[1]), *sys.argv[2:]))
