"""Generated requests to the product under gunicorn, held against the schema that it serves.

`benchmarks/fuzz.py [CASES] [SEED]`: prints how each operation answered; ends with 1 when an answer was a 5xx, was not
as the schema says, or served somebody else's record.
"""

from __future__ import annotations

import sys
import time
from random import SystemRandom

import scratch

scratch.setup()

from django.conf import settings
from serving import environment, served

from leadops.models import ApiKey, Partner, Scope
from tests import people
from tests.contract.fuzzing import Found, Fuzz

CASES, ROUNDS = 20_000, 10


def prepare() -> tuple[tuple[str, str], str]:
    """The keys of two partners who may do all, and the id of a program."""
    keys = [
        ApiKey.issue(Partner.objects.create(name=code, code=code), scopes=list(Scope))[1]
        for code in ("sunrise", "moonlight")
    ]
    return (keys[0], keys[1]), str(people.program("fuzz", "Fuzz").pk)


def tell(found: Found, seconds: float) -> None:
    for operation, statuses in found.statuses.items():
        told = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
        print(f"{statuses.total():>6}  {operation:<58} {told}")
    print(f"{found.cases:>6}  cases in {seconds:.0f} s; {found.unsendable} more could not be sent over HTTP")
    for (operation, what), shown in found.faults.items():
        print(f"\nFAULT {operation}: {what}, {found.times[operation, what]} times\n    {shown}")
    print(f"{len(found.faults)} kinds of faults; the server's log is {settings.VAR_DIR / 'fuzz.log'}")


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SystemRandom().randrange(10**6)
    print(f"{cases} cases, seed {seed}")
    keys, program_id = prepare()
    with served("leadops", environment(), settings.VAR_DIR / "fuzz.log") as port:
        fuzz = Fuzz(f"http://127.0.0.1:{port}", keys, program_id)
        began = time.monotonic()
        try:
            fuzz.run(cases, ROUNDS, seed)
        finally:  # also when somebody breaks it off
            tell(fuzz.found, time.monotonic() - began)
            fuzz.close()
    sys.exit(bool(fuzz.found.faults))


if __name__ == "__main__":
    main()
