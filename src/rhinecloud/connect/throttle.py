"""A device that floods is slowed down alone: its connection is ended and it may come back after a pause.

What it has sent was acknowledged and is kept; only its pace is limited. A token bucket a device, filled at
`limit_per_s`: a device that was away for days may hand in its backlog at once, as long as it fits into `burst`.
"""

from __future__ import annotations

from collections.abc import Callable

from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.telemetry import counter, logger

log = logger("connect")
floods = counter("device_floods", "Times a device was sent away since it flooded", ("tenant",))

Name = tuple[str, str]
"""(tenant, device id)."""


class Throttle:
    """Counts what each device sends. `end(tenant, device)` is called when one has used up its burst."""

    def __init__(
        self,
        end: Callable[[str, str], None],
        *,
        limit_per_s: float = 500,
        burst: float = 50_000,
        pause_s: float = 30,
        clock: Clock = now_us,
    ) -> None:
        self._end, self._limit, self._burst, self._pause_s, self._clock = end, limit_per_s, burst, pause_s, clock
        self._used: dict[Name, tuple[float, int]] = {}  # (tokens used, at µs)
        self._blocked: dict[Name, int] = {}  # until µs

    def blocked(self, tenant: str, device: str) -> bool:
        """Whether the device is still in its pause; asked when it connects or pushes."""
        until = self._blocked.get((tenant, device))
        if until is None:
            return False
        if until > self._clock():
            return True
        del self._blocked[tenant, device]
        return False

    def count(self, counts: dict[Name, int]) -> None:
        """Messages of one batch by device."""
        now = self._clock()
        for name, messages in counts.items():
            used, at = self._used.get(name, (0.0, now))
            used = max(0.0, used - (now - at) / SECOND * self._limit) + messages
            if used > self._burst:
                self._send_away(name, now)
                used = 0.0
            self._used[name] = used, now
        if len(self._used) > 100_000:
            self._used = {n: u for n, u in self._used.items() if u[0] - (now - u[1]) / SECOND * self._limit > 0}

    def _send_away(self, name: Name, now: int) -> None:
        if self._blocked.get(name, 0) > now:  # what it had sent before it was sent away
            return
        self._blocked[name] = now + round(self._pause_s * SECOND)
        floods.labels(name[0]).inc()
        log.warning("device_floods", tenant=name[0], device=name[1], pause_s=self._pause_s)
        self._end(*name)
