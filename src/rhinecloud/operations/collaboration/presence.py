"""Who looks at which incident right now. In memory alone: it says nothing of what was done, and is true for seconds."""

from __future__ import annotations

import threading
from typing import Final

import msgspec

from rhinecloud.base.clock import SECOND, Clock

KEPT_US: Final = 50 * SECOND
"""How long somebody counts as there who was not heard of again; a screen tells of itself every 20 s."""


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is there."""

    who: str  # Principal.source
    name: str
    agency: str
    where: str  # key of the tab
    since_us: int
    seen_us: int


class Presence:
    """Who is in the rooms of all incidents of all tenants; any thread may ask."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rooms: dict[tuple[str, str], dict[str, Present]] = {}

    def here(self, tenant: str, incident: str, who: str, name: str, agency: str = "", where: str = "") -> bool:
        """Somebody is there; whether that is new."""
        now = self._clock()
        with self._lock:
            room = self._rooms.setdefault((tenant, incident), {})
            known = room.get(who)
            fresh = known is None or known.seen_us < now - KEPT_US
            since = now if known is None or fresh else known.since_us
            room[who] = Present(who=who, name=name, agency=agency, where=where, since_us=since, seen_us=now)
            return fresh

    def leave(self, tenant: str, incident: str, who: str) -> None:
        with self._lock:
            self._rooms.get((tenant, incident), {}).pop(who, None)

    def present(self, tenant: str, incident: str) -> list[Present]:
        """Who is there, by name."""
        oldest = self._clock() - KEPT_US
        with self._lock:
            room = self._rooms.get((tenant, incident), {})
            for who in [w for w, p in room.items() if p.seen_us < oldest]:
                del room[who]
            if not room:
                self._rooms.pop((tenant, incident), None)
            return sorted(room.values(), key=lambda p: (p.name, p.who))
