"""Things with people aboard: they are told something, take their time, answer, and act on it.

What a crew does is a pure function of what it was told and of the instant, so that nothing is lost when the simulator
is started anew: the orders are kept, and the rest follows from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A command as it came over MQTT, and when."""

    id: str
    name: str
    params: dict[str, Any] = {}
    at_s: float  # since 1970 UTC


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says on `…/command/ack` about an order, and how long after it came."""

    after_s: float
    status: Literal["delivered", "confirmed", "failed"]
    detail: str = ""
    result: Any = None


class Acting(msgspec.Struct, frozen=True):
    """What is observed of a unit at an instant; `since` says of which attributes that was so before, and from when."""

    values: dict[str, Any]
    since: dict[str, float] = {}


Orders = Sequence[Order]


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """Who drives a simulated unit. Both are pure functions."""

    act: Callable[[Orders, float], Acting]  # (orders so far, instant)
    reply: Callable[[Orders, Order], Sequence[Reply]]  # (orders before, the new one) → what is answered, and when
