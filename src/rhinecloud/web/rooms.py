"""What the screens are given: the other rooms, as `app.py` wires them. A room that is None leaves its screens out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.settings import Settings


class Connect(msgspec.Struct, kw_only=True):
    """The parts of `connect` that screens show and move."""

    registry: Any = None  # devices of a tenant: registry(tenant)
    quarantine: Any = None  # what could not be read: quarantine(tenant)
    figures: Any = None  # quality figures by source and hour
    commands: Any = None  # commands to devices, with their status
    replay: Callable[[str, Sequence[int]], Awaitable[Any]] | None = None
    """(tenant, ids of the quarantine) → Replayed: reads those messages again. None: screens offer no replay."""
    send_away: Callable[[str, str], Any] | None = None
    """(tenant, device): ends the device's connection, when its credential is no longer good."""
    dead: Any = None  # notifications that could not be delivered: context's DeadLetters
    documents: Any = None  # mappings and codecs of a tenant, in versions
    codecs: Any = None  # runs payload codecs in their sandbox
    put_aside: Callable[[str], Awaitable[Any]] | None = None
    """(tenant): closes every room's part of it and moves its folder out of the city; where it lies then."""


class Rooms(msgspec.Struct, kw_only=True):
    settings: Settings
    access: Any
    presents: Any
    model: Model
    backbone: Any = None  # None: screens do not move by themselves
    histories: Any = None  # None: no past
    connect: Connect = msgspec.field(default_factory=Connect)
    vocabularies: Any = None
    insight: Any = None  # rules, alerts and indicators; None: screens leave them out
    warnings: Any = None  # of the public; None: screens leave them out
    operations: Any = None  # incidents, units, logs, playbooks; None: screens leave them out
    ground: Any = None  # where drills are played; None: there are none
    cot: Any = None  # links to TAK servers; None: screens leave them out
    telling: Any = None  # when there are news; None: pages ask again and again
    switchboard: Any = None  # which packs are on in a tenant; None: all are
    packs: Sequence[Any] = ()
    ask: Callable[[str, str, Mapping[str, str], frozenset[str] | None], Awaitable[bytes]] | None = None
    """(tenant, id of a pack's endpoint, parameters, readable types) → its answer as JSON. None: nobody answers."""
    clock: Clock = now_us
