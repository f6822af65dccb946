"""Failed sign-ins are counted by name and by address; each further one has to wait twice as long.

An attempt is counted before the password is looked at and taken back when it was right, so that a hundred guesses at
once gain nothing over a hundred in a row.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, insert, select, update

from rhinecloud.base.clock import DAY, SECOND, Clock
from rhinecloud.base.errors import TooManyRequests

from . import keys
from .store import Store
from .tables import attempt

FREE_BY_NAME: Final = 5
FREE_BY_ADDRESS: Final = 20  # a whole command centre may stand behind one address
LONGEST_WAIT_S: Final = 900


class Attempts:
    """Blocking."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def take(self, name: str, address: str) -> None:
        """Counts an attempt.

        Raises:
            TooManyRequests: not yet; `retry_after` says in how many seconds. Waiting is not prolonged by trying.
        """
        now = self._clock()
        with self._store.write() as db:
            # The first statement writes: see Store.write.
            db.execute(delete(attempt).where(attempt.c.last_us < now - DAY))
            for key, free in self._keys(name, address):
                row = db.execute(select(attempt).where(attempt.c.key == key)).first()
                if row is not None and row.until_us > now:
                    wait = -(-(row.until_us - now) // SECOND)
                    raise TooManyRequests(f"Too many failed sign-ins; try again in {wait} s", retry_after=wait)
                failures = (row.failures if row else 0) + 1
                wait_s = 0 if failures < free else min(LONGEST_WAIT_S, 2 ** min(failures - free, 20))
                values = {"failures": failures, "until_us": now + wait_s * SECOND, "last_us": now}
                if row is None:
                    db.execute(insert(attempt).values(key=key, **values))
                else:
                    db.execute(update(attempt).where(attempt.c.key == key).values(**values))

    def clear(self, name: str, address: str) -> None:
        """It was right after all: the name starts afresh, the address gets this one back."""
        (by_name, _), (by_address, _) = self._keys(name, address)
        with self._store.write() as db:
            db.execute(delete(attempt).where(attempt.c.key == by_name))
            less = {"failures": attempt.c.failures - 1, "until_us": 0}
            db.execute(update(attempt).where(attempt.c.key == by_address, attempt.c.failures > 0).values(**less))

    @staticmethod
    def _keys(name: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
        return (
            (keys.digest(f"name:{name.casefold()}"), FREE_BY_NAME),
            (keys.digest(f"address:{address}"), FREE_BY_ADDRESS),
        )
