"""How often Python looks for objects that hold only each other: rarely.

Left alone it looks after every 700 new objects, which a page or a delivery makes many times over, and nearly always
in vain: a tenth of the processor's time. A chunk of an import is 30,000 objects, which all go with the chunk.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 100_000


# From the first import of ours on, of which nearly all that is loaded stays: a sixth of the time that a command needs
# to begin.
gc.set_threshold(NEW_OBJECTS)


def look_rarely() -> None:
    """For the start of a process that serves for long: what is there by now stays, and is never looked at again."""
    gc.collect()
    gc.freeze()
