"""The room as the others see it: a desk for whoever asks, and what goes by itself.

By itself go the clocks (acceptance, due steps), the news to the backbone, the entities of the context, the notes at
alerts, escalations and automatic actions. All of it follows the news, which are committed with what they tell of, from
a mark that is kept: after a crash it is done again rather than not at all.

A tenant costs nothing until somebody uses its command centre; a file that is there is opened soon after the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec

from rhinecloud.access import Principal
from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.declare import Label
from rhinecloud.base.errors import NonexistentTenant, ResourceNotFound, RhineError
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.insight import Alert

from . import assignments, dispatching, incidents, playbooks, things
from .action import Action
from .collaboration import Presence
from .declare import (
    Incident,
    IncidentType,
    Need,
    News,
    PlaybookStep,
    PlaybookVersion,
    Position,
    Run,
    RunStep,
    Trigger,
    Unit,
)
from .desk import Desk
from .entities import update_of
from .following import BATCH, Follower, Following
from .incidents import SYSTEM
from .plans.cover import Cover, cover
from .playing.desk import PlaybookDesk
from .proposing import Candidate, City, Proposal, propose
from .roads.streets import Roads
from .seat import Allows, Seat
from .seeding import Centre, seed
from .tables import FILE, Shelf

TICK_S: Final = 0.5
KEPT_NEWS: Final = 20_000
IDLE_S: Final = 300.0
Answer = TypeVar("Answer")
_encode = msgspec.json.Encoder().encode

log = telemetry.logger("operations")


class Alerts(Protocol):
    """What is asked of `Insight`."""

    def alert(self, tenant: str, alert_id: str) -> Alert: ...
    def comment(self, tenant: str, alert_id: str, who: str, text: str) -> Alert: ...


class Declares(Protocol):
    """What is read of a playbook that a pack declares."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> Label: ...
    @property
    def text(self) -> Label: ...
    @property
    def steps(self) -> tuple[Label | PlaybookStep, ...]: ...
    @property
    def types(self) -> tuple[str, ...]: ...
    @property
    def triggers(self) -> tuple[Trigger, ...]: ...


class Brings(Protocol):
    """What is read of a pack."""

    @property
    def id(self) -> str: ...
    @property
    def playbooks(self) -> tuple[Any, ...]: ...


class Operations:
    """The command centres of all tenants.

    Args:
        folder: DATA/tenants; each tenant's folder has its operations.db, once it is used.
        publish: takes the news, on `operations.<tenant>`.
        escalate: told of every alarm that was declined or not answered in time, at least once.
        anchor: told the newest head of the tenant's chain of logs every hour, to be noted elsewhere.
        actions: what steps of playbooks may do by name.
        followers: what else is told the news, each on its own account.
    """

    def __init__(  # noqa: PLR0913 — made in one place
        self,
        folder: Path,
        presents: Presents,
        vocabularies: Vocabularies,
        access: Allows,
        *,
        alerts: Alerts | None = None,
        publish: Callable[[str, bytes], Awaitable[object]] | None = None,
        escalate: Callable[[str, News], Awaitable[object]] | None = None,
        anchor: Callable[[str, int, str], Awaitable[object]] | None = None,
        actions: Mapping[str, Action] | None = None,
        followers: Sequence[Follower] = (),
        clock: Clock = now_us,
    ) -> None:
        self._folder, self._presents, self._access = folder, presents, access
        self._expand = vocabularies.default.expand
        self._alerts, self._publish, self._escalate, self._anchor = alerts, publish, escalate, anchor
        self._actions = dict(actions or {})
        self._automatic = frozenset(name for name, action in self._actions.items() if not action.public)
        self._clock = clock
        self.following = Following(followers, self.news)
        self.roads = Roads(folder)
        self.presence = Presence(clock)
        self._brought: list[PlaybookVersion] = []
        self._shelves: dict[str, Shelf] = {}
        self._anchored: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._ending = False

    def bring(self, packs: Iterable[Brings]) -> None:
        """The playbooks of packs; each step of theirs waits for the one before it."""
        for pack in packs:
            self._brought += [_version(pack.id, playbook) for playbook in pack.playbooks]

    async def start(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), False
        self._ticking = asyncio.create_task(self._tick_for_ever(), name="operations")

    async def stop(self) -> None:
        if self._ticking is not None:
            # A cancellation alone may get lost: before Python 3.12 `wait_for` swallows one that comes with its event,
            # and the backbone's client waits that way too.
            self._ending = True
            self._wake.set()
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
            self._ticking = None
        for shelf in self._shelves.values():
            await asyncio.to_thread(shelf.close)
        self._shelves.clear()

    def desk(self, tenant: str, principal: Principal) -> Desk:
        """The command centre as this principal sees it. Raises: NonexistentTenant."""
        return Desk(
            self._shelf(tenant),
            tenant,
            principal,
            self._access,
            alert=lambda alert_id: self._alert(tenant, alert_id),
            actions=self._actions.keys(),
            automatic=self._automatic,
        )

    def seat(self, tenant: str, principal: Principal) -> Seat:
        """What a desk of its own kind is made of. Raises: NonexistentTenant."""
        return Seat(self._shelf(tenant), tenant, principal, self._access)

    def playbook_desk(self, tenant: str, principal: Principal) -> PlaybookDesk:
        """Playbooks, their runs and what alerts ask for, as this principal sees them. Raises: NonexistentTenant."""
        return PlaybookDesk(self.seat(tenant, principal), self._actions, lambda alert_id: self._alert(tenant, alert_id))

    def enlist(self, actions: Mapping[str, Action]) -> None:
        """Takes further actions that steps of playbooks may do by name."""
        self._actions |= actions
        self._automatic = frozenset(name for name, action in self._actions.items() if not action.public)

    @property
    def automatic(self) -> frozenset[str]:
        """Names of the actions that are done without being asked."""
        return self._automatic

    def seed(self, tenant: str, centre: Centre) -> bool:
        """What a demo city's command centre begins with, once; whether anything was done. Blocking."""
        with self._shelf(tenant).work(SYSTEM) as work:
            return seed(work, centre)

    def forget(self, tenant: str) -> None:
        """Closes what is open of a tenant whose folder is going to be removed or replaced."""
        shelf = self._shelves.pop(tenant, None)
        self.roads.forget(tenant)
        if shelf is not None:
            shelf.close()

    # ── which units go ───────────────────────────────────────────────────────────────────────────────────────────────

    async def propose(self, tenant: str, principal: Principal, incident_ids: Iterable[str]) -> Proposal:
        """The best units for all that these incidents need, together. Nothing is reserved; the proposal is kept."""
        desk, shelf = self.desk(tenant, principal), self._shelf(tenant)
        found = await asyncio.to_thread(lambda: [desk.incident(i) for i in incident_ids])
        known = await asyncio.to_thread(desk.units)
        live = self.live(tenant, known)

        def work_out() -> Proposal:
            able = dispatching.candidates(shelf, {u.id for u in known}, live, self._clock())
            where = dispatching.city(shelf, self.roads, tenant, self._clock())
            return dispatching.work_out(shelf, found, able, where, desk.by)

        return await asyncio.to_thread(work_out)

    async def rehearse(self, tenant: str, principal: Principal, incident: Incident, asked: Sequence[Need]) -> Proposal:
        """The same for an incident that there is not, as it would be now; nothing of it is kept."""

        def work_out(able: list[Candidate], where: City) -> Proposal:
            return propose([(incident, need) for need in asked], able, where)

        return await self._as_it_is(tenant, principal, work_out)

    async def cover(self, tenant: str, principal: Principal, capabilities: Sequence[str]) -> Cover:
        """How well each zone is covered now, by those that they may see."""
        return await self._as_it_is(tenant, principal, lambda able, where: cover(able, where, capabilities))

    async def _as_it_is(
        self, tenant: str, principal: Principal, ask: Callable[[list[Candidate], City], Answer]
    ) -> Answer:
        """What follows of the units and the city as they are this moment."""
        desk, shelf = self.desk(tenant, principal), self._shelf(tenant)
        known = await asyncio.to_thread(desk.units)
        live = self.live(tenant, known)

        def look() -> Answer:
            able = dispatching.candidates(shelf, {u.id for u in known}, live, self._clock())
            return ask(able, dispatching.city(shelf, self.roads, tenant, self._clock()))

        return await asyncio.to_thread(look)

    def live(self, tenant: str, known: Iterable[Unit]) -> dict[str, tuple[Position, int] | None]:
        """Where units with an entity of their own are, and since when that is known."""
        present = self._presents.open(tenant)
        return {u.id: dispatching.live_place(present.get(u.entity)) for u in known if u.entity}

    # ── what goes by itself ──────────────────────────────────────────────────────────────────────────────────────────

    async def _tick_for_ever(self) -> None:
        for tenant in self._presents.names():
            if (self._folder / tenant / FILE).exists():
                try:
                    await asyncio.to_thread(self._shelf, tenant)
                except Exception as error:  # one tenant's trouble is not the others'
                    log.exception("operations_failed", tenant=tenant, error=repr(error))
        while not self._ending:
            for tenant in list(self._shelves):
                try:
                    await self.tick(tenant)
                except NonexistentTenant:
                    await asyncio.to_thread(self.forget, tenant)
                except Exception as error:  # one tenant's trouble is not the others'
                    log.exception("operations_failed", tenant=tenant, error=repr(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_S)
            self._wake.clear()

    async def tick(self, tenant: str) -> None:
        """Does what is due in a tenant, and tells what has happened."""
        shelf = self._shelf(tenant)
        await asyncio.to_thread(self._due, shelf)
        for run, step in await asyncio.to_thread(playbooks.acting, shelf):
            await self._act(tenant, shelf, run, step)
        while await self._follow(tenant, shelf):
            pass
        await self.following.go_on(tenant, shelf)
        await self._note_head(tenant, shelf)

    def _due(self, shelf: Shelf) -> None:
        now = self._clock()
        waiting = shelf.rows(
            "SELECT 1 FROM assignment WHERE due_us <= ? AND closed_us IS NULL"
            " UNION ALL SELECT 1 FROM run_step WHERE state = 'open' AND is_late = 0 AND due_us <= ? LIMIT 1",
            *(now, now),
        )
        if waiting:
            with shelf.work(SYSTEM) as work:
                assignments.expire(work)
                playbooks.late(work)

    async def _act(self, tenant: str, shelf: Shelf, run: Run, step: RunStep) -> None:
        try:
            said = await self._actions[step.step.action].run(tenant, run, step)
            result = said if isinstance(said, str) else _encode(said).decode()  # a text in each language
        except Exception as error:  # an action of anybody; the step stays open, a person sees why
            log.warning("action_failed", tenant=tenant, action=step.step.action, error=repr(error))
            result = f"failed: {error}"

        def note() -> None:
            with shelf.work(SYSTEM) as work:
                playbooks.acted(work, run.id, step.step.id, result)

        await asyncio.to_thread(note)

    async def _follow(self, tenant: str, shelf: Shelf) -> bool:
        """Does what a stretch of the news asks for; whether there was any."""
        news = await asyncio.to_thread(self.news, tenant, shelf.meta("followed"), BATCH)
        if not news:
            return False
        touched = list(dict.fromkeys(n.incident for n in news if n.incident and n.what.startswith("incident.")))
        await self._write_entities(tenant, shelf, touched)
        for item in news:
            if item.what == "incident.alert":
                await self._tell_alert(tenant, shelf, item)
            elif item.what in ("assignment.expired", "assignment.declined"):
                await self._climb(tenant, item)
            if self._publish is not None:
                await self._publish(f"operations.{tenant}", _encode(item))

        def done() -> None:
            with shelf.work(SYSTEM) as work:
                for incident in touched:
                    playbooks.reconsider(work, incident, self._automatic)
                work.run("INSERT OR REPLACE INTO meta VALUES ('followed', ?)", news[-1].number)
                work.run("DELETE FROM news WHERE number <= ?", news[-1].number - KEPT_NEWS)

        await asyncio.to_thread(done)
        return True

    async def _climb(self, tenant: str, item: News) -> None:
        """Raises what passes (RhineError), so that it is tried again; what is simply wrong holds up nobody's news."""
        if self._escalate is None:
            return
        try:
            await self._escalate(tenant, item)
        except RhineError:
            raise
        except Exception as error:
            log.exception("escalation_failed", tenant=tenant, assignment=item.subject, error=repr(error))

    def news(self, tenant: str, after: int, limit: int = BATCH) -> list[News]:
        """What happened after a number, in order: for a screen that was away. Whose agencies may know says each."""
        rows = self._shelf(tenant).rows(
            "SELECT number, what, incident, body FROM news WHERE number > ? ORDER BY number LIMIT ?", after, limit
        )
        return [News(number=n, what=w, incident=i, **msgspec.json.decode(body)) for n, w, i, body in rows]

    async def _write_entities(self, tenant: str, shelf: Shelf, touched: list[str]) -> None:
        def updates() -> list[Any]:
            kinds = things.every(shelf, IncidentType)
            found = [incidents.get(shelf, incident) for incident in touched]
            return [update_of(i, kinds.get(i.type), self._expand) for i in found]

        if touched:
            await self._presents.open(tenant).write(await asyncio.to_thread(updates))

    async def _tell_alert(self, tenant: str, shelf: Shelf, item: News) -> None:
        """The alert's own record names the incident that came of it; once, whatever happens in between."""
        if self._alerts is None:
            return
        incident = await asyncio.to_thread(incidents.get, shelf, item.incident)
        text = f"→ {incident.number}"
        try:
            alert = await asyncio.to_thread(self._alert, tenant, item.subject)
            if all(comment.text != text for comment in alert.comments):
                self._alerts.comment(tenant, item.subject, item.by, text)
        except RhineError as error:  # it is linked here; the alert's own page lacks a line
            log.warning("alert_not_linked", tenant=tenant, alert=item.subject, detail=error.detail)

    async def _note_head(self, tenant: str, shelf: Shelf) -> None:
        now = time.monotonic()
        if self._anchor is None or now - self._anchored.get(tenant, -3600.0) < 3600.0:
            return
        rows = await asyncio.to_thread(shelf.rows, "SELECT number, hash FROM log_chain ORDER BY number DESC LIMIT 1")
        if rows:
            self._anchored[tenant] = now
            await self._anchor(tenant, rows[0][0], rows[0][1])

    # ── tenants ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _shelf(self, tenant: str) -> Shelf:
        shelf = self._shelves.get(tenant)
        if shelf is None:
            self._presents.open(tenant)  # raises where there is no such tenant
            shelf = Shelf(self._folder / tenant, self._clock, self._committed)
            if self._brought:
                with shelf.work(SYSTEM) as work:
                    playbooks.bring(work, self._brought, self._actions.keys())
            shelf = self._shelves.setdefault(tenant, shelf)
        return shelf

    def _committed(self) -> None:
        """Something was committed, in any thread: what follows it is done now and not at the next tick."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    def _alert(self, tenant: str, alert_id: str) -> Alert:
        if self._alerts is None:
            raise ResourceNotFound(f"Alert {alert_id[:40]} does not exist")
        return self._alerts.alert(tenant, alert_id)


def _version(pack: str, given: Declares) -> PlaybookVersion:
    """A pack's playbook; steps that are mere words come one after the other."""
    steps: list[PlaybookStep] = []
    for n, step in enumerate(given.steps, start=1):
        if isinstance(step, PlaybookStep):
            steps.append(step)
        else:
            steps.append(PlaybookStep(id=f"step-{n}", title=step, after=(steps[-1].id,) if steps else ()))
    return PlaybookVersion(
        id=given.id,
        version=0,
        title=given.title,
        text=given.text,
        steps=tuple(steps),
        types=given.types,
        triggers=given.triggers,
        who=f"pack:{pack}",
    )
