"""Python's collector of cyclic garbage, set for a server: what was made at the start stays and is not looked at again.

A batch of a thousand entities makes tens of thousands of dicts and lists, and none of them is in a cycle. With Python's
own settings they set off full collections that walk through every module and class each time: measured, a third of all
processor time of a city under load.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 150_000
"""Containers made, and not yet gone, before the young ones are looked at: more than the batches under way have, of
which nothing would be found to be gone. Some six milliseconds of work."""


def settle() -> None:
    """Puts everything there is now out of the collector's sight; called when a stage of the start is over."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
