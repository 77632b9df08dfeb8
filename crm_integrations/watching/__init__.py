"""What a vendor usually does, counted from the calls that are over, and notices when it does otherwise.

Off the road of deliveries: nothing here is read or written while one is made.
"""

from crm_integrations.watching.durations import quantile, together
from crm_integrations.watching.learning import put_away
from crm_integrations.watching.looking import watch
from crm_integrations.watching.pruning import prune

__all__ = ["prune", "put_away", "quantile", "together", "watch"]
