"""How many digits the account numbers of some banks have, by the first letters of the IFSC.

Only banks that give all their accounts the same length, as they say themselves and as their customers' lists agree;
a bank with several lengths is not among them. Most of these numbers may begin with 0, which Excel drops.
Lengths above fifteen are left out: Excel rounds those, which shows by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DIGITS: Mapping[str, int] = MappingProxyType(
    {
        "BARB": 14,  # Bank of Baroda
        "BKID": 15,  # Bank of India
        "HDFC": 14,
        "ICIC": 12,
        "IOBA": 15,  # Indian Overseas Bank
        "SBIN": 11,  # State Bank of India
    }
)
