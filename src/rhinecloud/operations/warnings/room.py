"""Warnings of all tenants: a desk for whoever asks, what the public sees, and what goes by itself.

By itself go the ends of warnings, their entities, and the feeds of others. It follows operations' news like any
follower, so that after a crash it is done again rather than not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.access import Principal, system
from rhinecloud.base import telemetry
from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.declare import Label, Model
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.operations.action import Action, Argument
from rhinecloud.operations.declare import Incident, News, Run, RunStep
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Shelf

from . import chains, entities, feeds, incoming, papers, public
from .areas import Box
from .building import Setting
from .declare import Profile
from .desk import WarningDesk
from .exposure import Exposure, exposure
from .feeds import FeedState
from .incoming import Taken

EARTH: Final[Box] = (-180.0, -90.0, 180.0, 90.0)
FEEDER: Final = system("cap-feeds")
PLAYBOOKS: Final = system("playbooks")
Districts = Callable[[str], Mapping[str, Mapping[str, Any]]]
"""(tenant) → outlines of its districts, by name."""

log = telemetry.logger("operations")


class Access(Protocol):
    """What is asked of `Access` beside what seats ask."""

    def audit(
        self, principal: Principal, action: str, subject: str, *, tenant: str, outcome: str = "done", **detail: Any
    ) -> None: ...
    def readable_types(self, principal: Principal, tenant: str) -> frozenset[str] | None: ...


class Here(msgspec.Struct, frozen=True):
    """Where this city is: its public address, when it is known; outlines of a tenant's districts, without which areas
    are not checked against the city; its time zone."""

    root: Callable[[], str]
    districts: Districts
    timezone: str
    drill: Callable[[str], bool] = lambda _tenant: False  # whether nothing in a tenant is real


class Warnings:
    """Made before `Operations`, whose follower it is; `seats` is its `seat`, once it is there.

    Args:
        allow_private: lets feeds lie inside our own network.
    """

    name = "warnings"

    def __init__(
        self,
        presents: Presents,
        vocabularies: Vocabularies,
        access: Access,
        model: Model,
        here: Here,
        *,
        allow_private: bool = False,
        clock: Clock = now_us,
    ) -> None:
        self._presents, self._access, self._model = presents, access, model
        self._expand = vocabularies.default.expand
        self._root, self._districts, self._zone = here.root, here.districts, ZoneInfo(here.timezone)
        self._drill = here.drill
        self._allow_private, self._clock = allow_private, clock
        self._boards: dict[str, public.Board] = {}
        self._boxes: dict[str, Box] = {}
        self._asking: dict[tuple[str, str], asyncio.Task[Any]] = {}
        self._looked: dict[str, int] = {}
        self.seats: Callable[[str, Principal], Seat]

    def desk(self, tenant: str, principal: Principal) -> WarningDesk:
        """The warning desk as this principal sees it. Raises: NonexistentTenant."""

        def audit(action: str, subject: str, *, outcome: str = "done", **detail: Any) -> None:
            self._access.audit(principal, action, subject, tenant=tenant, outcome=outcome, **detail)

        return WarningDesk(
            self.seats(tenant, principal),
            setting=lambda profile: self.setting(tenant, profile),
            audit=audit,
            changed=lambda: self.changed(tenant),
            clock=self._clock,
        )

    def setting(self, tenant: str, profile: Profile) -> Setting:
        drill = self._drill(tenant)
        return Setting(profile=profile, zone=self._zone, root=self._root(), box=self.box(tenant), drill=drill)

    def box(self, tenant: str) -> Box:
        """(west, south, east, north) of the city; the whole Earth where nobody says where it is."""
        if tenant not in self._boxes:
            import shapely

            shapes = [shapely.geometry.shape(g) for g in self._districts(tenant).values()]
            self._boxes[tenant] = tuple(shapely.total_bounds(shapes)) if shapes else EARTH
        return self._boxes[tenant]

    async def exposure(self, tenant: str, principal: Principal, area: Mapping[str, Any]) -> Exposure:
        """Who and what lies in an area, of what they may read. Raises: BadRequestData: it is none."""
        seat = self.seats(tenant, principal)
        profile = await asyncio.to_thread(papers.profile, seat.shelf, tenant)
        return await exposure(
            area,
            profile,
            self._districts(tenant),
            self._presents.open(tenant),
            self._model,
            self._access.readable_types(principal, tenant),
        )

    # ── the public ───────────────────────────────────────────────────────────────────────────────────────────────────

    def board(self, tenant: str) -> public.Board | None:
        """What the public sees, from memory; None: it has to be `load`ed first."""
        found = self._boards.get(tenant)
        return found if found is not None and (found.until_us is None or found.until_us > self._clock()) else None

    async def load(self, tenant: str) -> public.Board:
        """What the public sees. Raises: NonexistentTenant."""
        found = self.board(tenant)
        if found is None:
            shelf = self.seats(tenant, FEEDER).shelf
            found = await asyncio.to_thread(public.board, shelf, self._clock())
            if found.revision == await asyncio.to_thread(shelf.meta, chains.REVISION):
                self._boards[tenant] = found
        return found

    async def shown(self, tenant: str, number: str, *, drills: bool = False) -> public.Shown:
        """A warning at its address. Raises: NonexistentTenant, ResourceNotFound."""
        shelf = self.seats(tenant, FEEDER).shelf
        return await asyncio.to_thread(public.one, shelf, number, self._clock(), drills=drills)

    async def profile(self, tenant: str) -> Profile:
        return await asyncio.to_thread(papers.profile, self.seats(tenant, FEEDER).shelf, tenant)

    def root(self) -> str:
        return self._root()

    def now(self) -> int:
        return self._clock()

    def changed(self, tenant: str) -> None:
        """The public sees something else from now on."""
        self._boards.pop(tenant, None)

    # ── what goes by itself ──────────────────────────────────────────────────────────────────────────────────────────

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        """Brings the entities up to what warnings are by now; doing it again changes nothing."""
        own = list(dict.fromkeys(n.subject for n in news if n.what in ("warning.published", "warning.expired")))
        others = list(dict.fromkeys(int(n.subject) for n in news if n.what == "cap.received"))
        if not own and not others:
            return

        def updates() -> list[Any]:
            made = [entities.of_chain(chains.get(shelf, name), self._expand) for name in own]
            now = self._clock()
            for number in self._touched(shelf, others):
                found = incoming.get(shelf, number)
                state = "in-force" if found.in_force(now) else found.state if found.state != "live" else "expired"
                made.append(entities.of_received(found, state, self._expand))
            return [update for update in made if update is not None]

        if found := await asyncio.to_thread(updates):
            await self._presents.open(tenant).write(found)

    @staticmethod
    def _touched(shelf: Shelf, numbers: Sequence[int]) -> list[int]:
        """Messages with those that they took out of force."""
        found = dict.fromkeys(numbers)
        for number in numbers:
            rows = shelf.rows(
                "SELECT r.id FROM cap_reference f JOIN cap_received r USING (sender, identifier, sent) WHERE f.by = ?",
                number,
            )
            found.update(dict.fromkeys(n for (n,) in rows))
        return list(found)

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        now = self._clock()
        if now - self._looked.get(tenant, 0) < SECOND:
            return
        self._looked[tenant] = now
        if await asyncio.to_thread(self._expire, shelf, now):
            self.changed(tenant)
        for state in await asyncio.to_thread(feeds.states, shelf):
            key = (tenant, state.feed.id)
            if state.due(now) and (key not in self._asking or self._asking[key].done()):
                self._asking[key] = asyncio.create_task(
                    self._ask(tenant, shelf, state), name=f"cap-{tenant}-{state.feed.id}"
                )

    @staticmethod
    def _expire(shelf: Shelf, now: int) -> int:
        if not shelf.rows("SELECT 1 FROM warning WHERE state = 'in-force' AND expires_us <= ? LIMIT 1", now):
            return 0
        with shelf.work(SYSTEM) as work:
            return chains.expire(work)

    async def ask_feed(self, tenant: str, feed_id: str) -> list[Taken]:
        """Asks a feed now, whatever its schedule says."""
        shelf = self.seats(tenant, FEEDER).shelf
        state = next((s for s in await asyncio.to_thread(feeds.states, shelf) if s.feed.id == feed_id), None)
        return await self._ask(tenant, shelf, state) if state is not None else []

    async def _ask(self, tenant: str, shelf: Shelf, state: FeedState) -> list[Taken]:
        desk = self.desk(tenant, FEEDER)

        async def take(name: str, data: bytes, source: str) -> list[Taken]:
            return await asyncio.to_thread(desk.take, name, data, source)

        def known(address: str) -> bool:
            rows = shelf.rows(
                "SELECT 1 FROM cap_received WHERE source = ? AND name = ?", f"feed:{state.feed.id}", address
            )
            return bool(rows)

        try:
            return await feeds.ask(
                shelf, state, take, clock=self._clock, allow_private=self._allow_private, known=known
            )
        except Exception as error:  # a source of any kind; it is asked again
            log.exception("cap_feed_failed", tenant=tenant, feed=state.feed.id, error=repr(error))
            return []

    async def stop(self) -> None:
        tasks = [t for t in self._asking.values() if not t.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._asking.clear()

    # ── for playbooks ────────────────────────────────────────────────────────────────────────────────────────────────

    def actions(self) -> dict[str, Action]:
        """What steps of playbooks may do here by name; none of it is public."""
        template = Argument(name="template", label=Label(de="Vorlage", en="Template"), default="general")
        return {
            "warning.draft": Action(
                self._draft,
                _says_draft,
                title=Label(de="Warnung vorbereiten", en="Prepare a warning"),
                arguments=(template,),
            )
        }

    async def _draft(self, tenant: str, run: Run, step: RunStep) -> Label:
        """Begins a warning out of the template that the step names; where one is begun already, that is the one."""
        template = str(step.step.arguments.get("template") or "general")
        desk = self.desk(tenant, PLAYBOOKS)

        def begin() -> str:
            for chain in desk.chains(incident=run.incident):
                if chain.state == "prepared" and chain.open is not None and chain.open.draft.template == template:
                    return chain.number
            return desk.begin(template, incident=run.incident).number

        number = await asyncio.to_thread(begin)
        return Label(de=f"Warnung {number} ist vorbereitet", en=f"Warning {number} is prepared")


def _says_draft(_incident: Incident, arguments: Mapping[str, Any]) -> Label:
    template = str(arguments.get("template") or "general")
    return Label(
        de=f"Bereitet eine Warnung nach der Vorlage „{template}“ vor; veröffentlicht wird nichts",
        en=f"Prepares a warning out of the template {template!r}; nothing is published",
    )
