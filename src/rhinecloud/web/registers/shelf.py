"""All registers there are, in the order in which a planner meets them."""

from __future__ import annotations

from typing import Final

from .duty import Functions, Posts
from .places import Agencies, Areas, Barriers, Closures, Zones
from .plans import Plans, Types
from .register import Register
from .units import Kinds, Units

REGISTERS: Final[tuple[Register, ...]] = (
    Plans(),
    Types(),
    Units(),
    Agencies(),
    Areas(),
    Zones(),
    Barriers(),
    Closures(),
    Posts(),
    Functions(),
    Kinds(),
)
BY_KEY: Final = {register.key: register for register in REGISTERS}
