"""The room as the others see it: who is asking, may they, and the record of what was done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import Forbidden, RhineError, Unauthorized
from rhinecloud.base.settings import Settings

from . import keys
from .audit import Trail
from .links import Links
from .people import People
from .policy import Policy, agencies
from .principal import ANONYMOUS, OPEN, Principal
from .sessions import Session, Sessions
from .signin import SignIn
from .store import Store
from .tenants import Tenants
from .tokens import Tokens

if TYPE_CHECKING:
    from rhinecloud.base.declare import Model

    from .oidc import Oidc

LOOK_EVERY_S: Final = 0.5
"""How soon a change by another process, such as the command line, is noticed."""
LOOK_AGAIN_AFTER_S: Final = 0.02
FLUSH_EVERY_S: Final = 30.0
SAME_REFUSAL_S: Final = 60.0

log = telemetry.logger("access")
Entry = tuple[Principal, str, str, str, str, dict[str, Any]]


class Access:
    """Who may do what, in this installation.

    `bearer`, `session`, `anonymous`, `allow` and `readable_types` answer from memory; everything on `people`, `tokens`,
    `tenants`, `sessions`, `links`, `sign_in` and `trail` blocks and belongs into a thread
    (`await asyncio.to_thread(access.people.add, …)`).

    The command line uses it as a context manager, beside a running city; the city calls `start` and `stop`.

    Args:
        model: its open types are readable by everyone.
    """

    def __init__(self, settings: Settings, clock: Clock = now_us, *, model: Model | None = None) -> None:
        self._settings, self._clock = settings, clock
        open_types = frozenset(t.iri for t in model.types.values() if t.open) if model else frozenset()
        self.policy = Policy(open_types)
        self.watchers: list[Callable[[str], None]] = []
        """Called, in any thread, with "people", "sessions", "tenants" or "tokens" when one of them changed."""
        self._versions: dict[str, int] = {}
        self._look_at = 0.0
        self._refused: dict[tuple[str, str, str], float] = {}
        self._pending: list[tuple[Entry, asyncio.Future[None] | None]] = []
        self._pending_there = asyncio.Event()
        self._writing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Opens the database and brings it to the newest schema. Blocking.

        Raises:
            Unavailable: it does not answer, or is of a newer version.
        """
        data, clock = self._settings.data, self._clock
        heads = keys.folder(data) / "audit.heads"
        self._store = Store(self._settings.database_url or f"sqlite:///{_private(data / 'access.db')}")
        self.trail = Trail(self._store, heads, clock, self._touched)
        self.tenants = Tenants(self._store, self.trail, clock)
        self.people = People(self._store, self.trail, self.policy, clock)
        self.tokens = Tokens(self._store, self.trail, self.policy, clock)
        self.sessions = Sessions(self._store, self.trail, self.people, clock)
        self.links = Links(self._store, self.trail, self.people, clock)
        self.sign_in = SignIn(self._store, self.trail, self.people, self.links, self.sessions, clock)
        self._versions = self._store.versions()
        name = self._settings.city_name or ("Duisburg" if self._settings.demo else "")
        self.tenants.ensure(self._settings.default_tenant, name)

    def close(self) -> None:
        """Writes what was still in memory, and closes the database. Blocking."""
        self.sessions.flush()
        self.tokens.flush()
        self._store.close()

    def __enter__(self) -> Access:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def start(self) -> None:
        await asyncio.to_thread(self.open)
        self._tasks = [asyncio.create_task(self._keep_up()), asyncio.create_task(self._write())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._write_pending()
        await asyncio.to_thread(self.close)

    def oidc(self) -> Oidc | None:
        """Sign-in through the identity provider of the settings; None where there is none."""
        if not self._settings.oidc_issuer:
            return None
        from .oidc import Oidc

        return Oidc(self._settings, self._clock)

    def bearer(self, token: str) -> Principal:
        """Who holds this API token.

        Raises:
            Unauthorized: it is unknown, expired or revoked.
        """
        self._look()
        try:
            return self.tokens.bearer(token)
        except Unauthorized:
            # Perhaps the command line made it a moment ago, and whoever called it uses it at once.
            if not self._look_again():
                raise
            return self.tokens.bearer(token)

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie; None where there is none or it is over."""
        self._look()
        return self.sessions.get(cookie)

    def anonymous(self) -> Principal:
        """Who asks without saying who they are: everyone may do everything where the installation is open."""
        return OPEN if self._settings.open else ANONYMOUS

    def allow(self, principal: Principal, action: str, tenant: str) -> None:
        """Returns when they may; see `Policy.allow`. A refusal of somebody known is recorded, once a minute.

        Raises:
            Unauthorized, Forbidden: they may not; the message says what is missing.
        """
        try:
            self.policy.allow(principal, action, tenant)
        except Forbidden as refusal:
            self._note(principal, action, tenant, refusal)
            raise

    def readable_types(self, principal: Principal, tenant: str) -> frozenset[str] | None:
        """Expanded names of the types they may read here; None: all. To be asked by whatever reads entities."""
        return self.policy.readable_types(principal, tenant)

    def agencies(self, principal: Principal, action: str, tenant: str) -> frozenset[str] | None:
        """The agencies for which they may do it here, None: all; to be asked by whatever agencies work in together."""
        return agencies(principal, action, tenant)

    def audit(
        self, principal: Principal, action: str, subject: str, *, tenant: str, outcome: str = "done", **detail: Any
    ) -> None:
        """Records an act, durably when it returns. Blocks for milliseconds: in the loop rather `await record(…)`."""
        self.trail.write([(principal, action, subject, tenant, outcome, detail)])

    async def record(
        self, principal: Principal, action: str, subject: str, *, tenant: str, outcome: str = "done", **detail: Any
    ) -> None:
        """As `audit`, without blocking; those who record at the same time share one commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append(((principal, action, subject, tenant, outcome, detail), done))
        self._pending_there.set()
        await done

    def _look(self) -> None:
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            found = self._store.versions()
            changed = [name for name, number in found.items() if number != self._versions.get(name)]
            self._versions = found
            for name in changed:
                self._touched(name)

    def _look_again(self) -> bool:
        """Looks before it is due, for what is not known; seldom enough that strangers cannot make it work for them."""
        if time.monotonic() < self._look_at - LOOK_EVERY_S + LOOK_AGAIN_AFTER_S:
            return False
        self._look_at = 0.0
        self._look()
        return True

    def _touched(self, what: str) -> None:
        if what in ("people", "sessions"):
            self.sessions.forget()
        elif what == "tokens":
            self.tokens.forget()
        elif what == "tenants":
            self.tenants.forget()
        else:
            return
        for watcher in self.watchers:
            watcher(what)

    def _note(self, principal: Principal, action: str, tenant: str, refusal: Forbidden) -> None:
        key, now = (principal.source, action, tenant), time.monotonic()
        if not self._tasks or now < self._refused.get(key, 0.0):
            return
        if len(self._refused) > 10_000:
            self._refused.clear()
        self._refused[key] = now + SAME_REFUSAL_S
        self._pending.append(((principal, action, "", tenant, "refused", {"reason": refusal.detail}), None))
        self._pending_there.set()

    async def _keep_up(self) -> None:
        flush_at = time.monotonic() + FLUSH_EVERY_S
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                self._look()
                if time.monotonic() >= flush_at:
                    flush_at = time.monotonic() + FLUSH_EVERY_S
                    await asyncio.to_thread(self.sessions.flush)
                    await asyncio.to_thread(self.tokens.flush)
            except RhineError as error:
                log.warning("database_unavailable", detail=error.detail)

    async def _write(self) -> None:
        while True:
            await self._pending_there.wait()
            self._pending_there.clear()
            await asyncio.shield(self._write_pending())

    async def _write_pending(self) -> None:
        async with self._writing:  # `stop` waits here for what was begun
            batch, self._pending = self._pending, []
            if batch:
                await self._write_batch(batch)

    async def _write_batch(self, batch: list[tuple[Entry, asyncio.Future[None] | None]]) -> None:
        try:
            await asyncio.to_thread(self.trail.write, [entry for entry, _ in batch])
        except Exception as error:
            log.exception("audit_failed", records=len(batch))
            for _, done in batch:
                if done is not None and not done.done():
                    done.set_exception(error)
            return
        for _, done in batch:
            if done is not None and not done.done():
                done.set_result(None)


def _private(path: Path) -> Path:
    """The file, made readable by its owner alone before anything is in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    return path.resolve()
