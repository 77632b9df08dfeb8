"""How much is told of a sheet that is not read: so much as it takes to know what it holds."""

from __future__ import annotations

MOST_ROWS = 60
"""The sheets of the template that nobody reads are shorter, so that they are known by all their rows."""
LONGEST_CELL = 200
MOST_SHEETS = 20
"""Of those beyond them only how many rows they have: thousands of sheets may be packed small."""
