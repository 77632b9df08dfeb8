"""What the core announces. Lists, sent with `send()` inside the transaction, so that a listener can fail it.

`leads_expected(program_id)`: one of this program may be taken in, and somebody waits for it; the listener returns what
it has asked with whatever is asked next, as `Along`s of `prepared`, and finds them done at `leads_coming`.
`leads_coming(leads, along)`: these are about to be stored; the listener returns what it has done in that same round
trip, in the same way, and finds all of it done at `leads_ready`.
`leads_ready(leads, connections=None, later=False, along=(), by=None)`: these leads are to reach the vendors, where it
was an officer's word `by` theirs; `connections` (ids) limits to whom. The listener sets each lead's `sync_status`, on
the instance too, and returns how many deliveries it made; `along`: what listeners had asked and done until they were
stored.
`later`: it may do so after the commit, as long as nothing can be missed.
`leads_created(leads)`: these were stored, whoever brought them; of what an officer fills in, `leads_changed` tells.
`leads_changed(leads, new=False)`: what these leads say was changed; `new`: an officer made them, and did not submit
them yet.
`leads_stopped(leads)`: the lender has dropped or declined these; what was not sent yet is not to be sent.
`leads_to_be_deleted(leads, lock)`: an import is undone, or is looked at whether it can be; the listener returns, by
lead id, why some must stay. With `lock` it keeps the others from being sent until the transaction ends.
`consents_withdrawn(leads)`: the borrowers of these agree to less than before; what may not go out any more is to stay.
`holders_asked(leads)`: who else has data of these? The listener returns `Held` tuples of `services.holders`.
`leads_erased(leads)`: their personal data is being erased; whoever keeps any of it erases it too, in the same
transaction, and returns by a word for it how many rows that was.
`reveals_refused(officer)`: an officer wanted to see more personal data than anybody may within an hour.
`documents_changed(leads)`: documents of these came or were changed, under their locks.
`loan_accounts_ready(loan_accounts)`: these accounts are to be opened at the LOS.
`loan_accounts_changed(account_ids)`: the LOS gave these another status.
`imports_finished(batches)`: these have ended, whether all went well or not.
"""

from django.dispatch import Signal

leads_expected = Signal()
leads_coming = Signal()
leads_ready = Signal()
leads_created = Signal()
leads_changed = Signal()
leads_stopped = Signal()
leads_to_be_deleted = Signal()
consents_withdrawn = Signal()
holders_asked = Signal()
leads_erased = Signal()
reveals_refused = Signal()
documents_changed = Signal()
loan_accounts_ready = Signal()
loan_accounts_changed = Signal()
imports_finished = Signal()
