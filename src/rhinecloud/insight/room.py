"""The room as the others see it: rules kept and evaluated, alerts kept and told, indicators computed.

Used in the loop's thread; what waits for the disk does so in threads, but for what people do (a rule saved, an alert
acknowledged), which is rare and short.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, Unpack
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import NonexistentTenant, RhineError
from rhinecloud.base.model import Changes
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.history import Histories

from . import alerts
from .areas import Areas
from .checks import check_indicator, check_rule
from .declare import Alert, Happened, Indicator, IndicatorValue, News, Rule, RuleVersion, Trial, Trouble
from .tables import shelf_of
from .tenant import Means, Tenant
from .trial import Progress, try_rule

GRAIN_S: Final = 0.2
KEEP_S: Final = 1.0
MINUTE_S: Final = 60.0
IDLE_S: Final = 300.0
SELDOM_S: Final = 600.0
"""How often a tenant in which nothing happens notes that it is watched."""
REST: Final = 30
"""Indicators are computed again after so many times as long as it took: a large city is not busy with them alone."""
FILL_AFTER: Final = 8
"""Rounds of indicators after which the hours before the start are filled in: a new city still brings its past."""
_encode = msgspec.json.Encoder().encode

log = telemetry.logger("insight")
_READ = telemetry.histogram("rules_seconds", "Time to evaluate the rules of one commit")


class Brings(Protocol):
    """What is read of a pack."""

    @property
    def id(self) -> str: ...
    @property
    def rules(self) -> tuple[Rule, ...]: ...
    @property
    def indicators(self) -> tuple[Indicator, ...]: ...


Publish = Callable[[str, bytes], Awaitable[object]]
"""`Backbone.publish`: (subject, data)."""


class Insight:
    """Rules, alerts and indicators of all tenants.

    Args:
        folder: DATA/tenants; each tenant's folder has its insight.db.
        active: the ids of the packs that are on in a tenant.
        publish: takes what becomes of alerts, on `alerts.<tenant>`.
        timezone: in which messages tell times.
        areas: the districts of a tenant: name → GeoJSON of its outline; asked once, when first needed.
    """

    def __init__(  # noqa: PLR0913 — made in one place
        self,
        folder: Path,
        presents: Presents,
        histories: Histories,
        vocabularies: Vocabularies,
        model: Model,
        *,
        active: Callable[[str], Collection[str]] = lambda tenant: (),
        publish: Publish | None = None,
        clock: Clock = now_us,
        timezone: str = "Europe/Berlin",
        areas: Callable[[str], Mapping[str, Mapping[str, Any]]] = lambda tenant: {},
    ) -> None:
        self._folder, self._presents, self._histories = folder, presents, histories
        self._expand, self._model, self._active, self._clock = vocabularies.default.expand, model, active, clock
        self._publish, self._zone = publish, ZoneInfo(timezone)
        self._means = Means(model, self._expand, self._zone, clock, self._tell, [], [])
        self._areas_of = areas
        self._areas: dict[str, Areas] = {}
        self._tenants: dict[str, Tenant] = {}
        self._opening = threading.RLock()
        self._loaded = False  # every tenant there was at the start has been looked at
        self._took_s = 0.0  # the longest of the last times that a tenant's indicators were computed
        self._work: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._minutes: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    def bring(self, packs: Iterable[Brings]) -> None:
        """The rules and indicators of all packs that are installed; `active` says which of them count."""
        for pack in packs:
            for rule in pack.rules:
                self._means.rules.append(msgspec.structs.replace(rule, pack=pack.id))
            for indicator in pack.indicators:
                check_indicator(indicator, self._model, self._expand)
                self._means.indicators.append(msgspec.structs.replace(indicator, pack=pack.id))

    async def start(self) -> None:
        """Looks at every tenant soon after: what has become true or ended meanwhile is told then."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._histories.recorded.append(self._recorded)
        self._ticking = asyncio.create_task(self._tick_for_ever(), name="insight")

    async def stop(self) -> None:
        tasks = [task for task in (self._ticking, self._minutes, *self._work) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for here in self._tenants.values():
            await asyncio.to_thread(here.stop)
        self._tenants.clear()

    # ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def rules(self, tenant: str) -> list[Rule]:
        """All rules, on or off, by id; without those of packs that are off."""
        return self._tenant(tenant).rules.all(self._active(tenant))

    def rule(self, tenant: str, rule_id: str) -> Rule:
        """Raises: ResourceNotFound."""
        return self._tenant(tenant).rules.get(rule_id)

    def rule_versions(self, tenant: str, rule_id: str) -> list[RuleVersion]:
        """All versions of a rule, the newest first; also of one that was deleted."""
        return self._tenant(tenant).rules.versions(rule_id)

    def rule_changed(self, tenant: str, rule_id: str) -> bool:
        """Whether the city made something else of a rule that a pack declares; deleting it then brings that back."""
        return self._tenant(tenant).rules.changed(rule_id)

    def trouble(self, tenant: str, rule_id: str) -> Trouble | None:
        """Why a rule cannot be evaluated; None: it can."""
        return self._tenant(tenant).watch.trouble.get(rule_id)

    def check_rule(self, tenant: str, rule: Rule) -> None:
        """Raises: BadRequestData: the rule cannot be as it is; the message says why."""
        check_rule(rule, self._model, self._expand, self._tenant(tenant).evaluation.seen)

    def save_rule(self, tenant: str, rule: Rule, who: str) -> Rule:
        """Keeps a rule, as a new version where there is one; it is evaluated against the present at once.

        A rule without an id is a new one of the city's own, and is given one after its title.
        Raises:
            BadRequestData: it cannot be as it is; the message says why.
        """
        here = self._tenant(tenant)
        check_rule(rule, self._model, self._expand, here.evaluation.seen)
        kept = here.rules.save(rule, who, self._clock())
        self._reload(here)
        return kept

    def switch_rule(self, tenant: str, rule_id: str, on: bool, who: str) -> Rule:
        """On: evaluated at once. Off: its alerts are cleared, with that reason.

        Raises:
            ResourceNotFound.
        """
        here = self._tenant(tenant)
        kept = here.rules.switch(rule_id, on, who, self._clock())
        self._reload(here)
        return kept

    def delete_rule(self, tenant: str, rule_id: str, who: str) -> None:
        """Takes a rule of the city's own away (its versions are kept); a pack's goes back to what the pack says.

        Raises:
            ResourceNotFound. Conflict: it is as its pack declares it, and can only be switched off.
        """
        here = self._tenant(tenant)
        here.rules.delete(rule_id, who, self._clock())
        self._reload(here)

    def switched(self, tenant: str) -> None:
        """A pack of the tenant was switched on or off. May be called in any thread."""
        if self._loop is not None and tenant in self._tenants:
            self._loop.call_soon_threadsafe(self._reload, self._tenants[tenant])

    def _reload(self, here: Tenant) -> None:
        fresh = here.reload()
        self._later(self._stand(here, fresh, "rule-changed"))

    async def try_rule(
        self, tenant: str, rule: Rule, start_us: int, end_us: int, *, progress: Progress | None = None
    ) -> Trial:
        """What a rule would have done in [start_us, end_us), by the same evaluation; nothing is kept or told.

        Args:
            progress: told how much is done, 0 to 1. To give up, cancel the task.
        Raises:
            BadRequestData: the rule cannot be as it is, or there is no such stretch.
        """
        here = self._tenant(tenant)
        standing = check_rule(rule, self._model, self._expand, here.evaluation.seen)
        end = min(end_us, self._clock())
        history = self._histories.open(tenant)
        return await try_rule(here.watch.empty(), standing, history, start_us, end, progress)

    # ── alerts ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def alerts(self, tenant: str, **asked: Unpack[alerts.Asked]) -> tuple[list[Alert], int]:
        """A page of alerts, and how many there are in all; what may be asked says `alerts.Asked`.

        Raises:
            BadRequestData: there is no such order.
        """
        return alerts.search(self._tenant(tenant).shelf, self._expand, asked, self._clock())

    def alert(self, tenant: str, alert_id: str) -> Alert:
        """Raises: ResourceNotFound."""
        return alerts.find(self._tenant(tenant).shelf, alert_id)

    def counts(self, tenant: str) -> dict[str, int]:
        """Alerts that are raised and not snoozed, by severity, the worst first."""
        return alerts.counts(self._tenant(tenant).shelf, self._clock())

    def acknowledge(self, tenant: str, alert_id: str, who: str, note: str = "") -> Alert:
        """Somebody sees to it. Raises: ResourceNotFound."""
        now = self._clock()
        return self._act(tenant, alert_id, "acknowledged", lambda a: alerts.acknowledge(a, who, note, now))

    def snooze(self, tenant: str, alert_id: str, who: str, until_us: int | None) -> Alert:
        """Until then it is not counted, nor is one that the same rule raises at the same entity; None ends it.

        Raises:
            ResourceNotFound.
        """
        now = self._clock()
        alert = self._act(tenant, alert_id, "snoozed", lambda a: alerts.snooze(a, until_us, now))
        self._tenant(tenant).watch.snooze(alert.rule, alert.entity, alert.snoozed_until_us)
        log.info("alert_snoozed", tenant=tenant, alert=alert_id, who=who)
        return alert

    def comment(self, tenant: str, alert_id: str, who: str, text: str) -> Alert:
        """Raises: ResourceNotFound. BadRequestData: there is no text."""
        now = self._clock()
        return self._act(tenant, alert_id, "commented", lambda a: alerts.comment(a, who, text, now))

    def _act(self, tenant: str, alert_id: str, what: Happened, change: Callable[[Alert], None]) -> Alert:
        here = self._tenant(tenant)
        alert = here.act(alert_id, change)
        self._later(self._tell(tenant, News(what, alert)))
        return alert

    # ── indicators ───────────────────────────────────────────────────────────────────────────────────────────────────

    def indicators(self, tenant: str, *, area: str = "") -> list[IndicatorValue]:
        """The indicators of the packs that are on, as they stand; with `area` those of a district."""
        return self._tenant(tenant).indicators.values(self._active(tenant), area, self._clock())

    async def indicators_at(self, tenant: str, at_us: int, *, area: str = "") -> list[IndicatorValue]:
        """As they stood at a moment."""
        here = self._tenant(tenant)
        past = await here.indicators.past(self._histories.open(tenant), at_us)
        return here.indicators.values(self._active(tenant), area, at_us, past)

    def areas(self, tenant: str) -> list[str]:
        """The districts of which there are indicators."""
        return self._tenant(tenant).indicators.areas(self._active(tenant))

    async def compute(self, tenant: str) -> None:
        """Computes the tenant's indicators now, and brings the entities of its alerts up to date."""
        here, present = self._tenant(tenant), self._presents.open(tenant)
        now = self._clock()
        here.dirty = False
        try:
            await here.indicators.compute(present, await self._outlines(tenant), self._active(tenant), now)
        except BaseException:
            here.dirty = True
            raise

    async def _outlines(self, tenant: str) -> Areas:
        if tenant not in self._areas:
            self._areas[tenant] = Areas(await asyncio.to_thread(self._areas_of, tenant))
        return self._areas[tenant]

    # ── what changes ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def read(self, tenant: str, changes: Changes) -> None:
        """Evaluates what one commit changed. What becomes of alerts is kept and told soon after, many commits at once.

        Nobody waits here for the disk, since other commits wait behind this one. What a crash takes before it was kept
        was not told either; what still holds is raised at the start.
        """
        try:
            here = self._tenant(tenant)
            present = self._presents.open(tenant)
        except NonexistentTenant:
            return
        if not here.watch.index.rules:
            here.heard(changes)
            return
        began = time.perf_counter()
        await here.read(changes, present)
        if here.watch.news and not here.waiting:
            here.waiting = True
            self._later(here.flush())
        _READ.observe(time.perf_counter() - began)

    def _recorded(self, tenant: str, types: Sequence[str], since_us: int, until_us: int) -> None:
        """The past was told something that the present never saw."""
        with contextlib.suppress(NonexistentTenant):
            self._tenant(tenant).evaluation.late.note(" ".join(types), since_us, until_us, self._clock())

    async def settled(self) -> None:
        """Returns when everything that was asked for before is done: rules looked at, news told."""
        while self._work:
            await asyncio.gather(*self._work, return_exceptions=True)

    async def _stand(self, here: Tenant, only: Collection[str] | None, why: str = "ended") -> None:
        await here.flush()
        if only is None or only:
            await here.stand(self._presents.open(here.name), only, why)

    async def _tell(self, tenant: str, news: News) -> None:
        if self._publish is None:
            return
        try:
            await self._publish(f"alerts.{tenant}", _encode(news))
        except RhineError as error:  # it is kept; who looks sees it
            log.warning("alert_not_told", tenant=tenant, alert=news.alert.id, detail=error.detail)

    # ── what goes by the clock ───────────────────────────────────────────────────────────────────────────────────────

    async def _tick_for_ever(self) -> None:
        await self._load_all()
        began_s = kept_s = time.monotonic()
        minute_s = 0.0
        while True:
            await asyncio.sleep(GRAIN_S)
            moment = time.monotonic()
            everything = moment - kept_s >= KEEP_S
            if everything:
                kept_s = moment
            await self.tick(everything=everything)
            # A city that has just started is computed more often: its first figures are waited for.
            pause_s = max(min(MINUTE_S, max(5.0, (moment - began_s) / 2)), REST * self._took_s)
            if moment - minute_s >= pause_s and not self._busy():
                minute_s = moment
                self._minutes = asyncio.create_task(self._each(self._minute), name="indicators")

    def _busy(self) -> bool:
        return self._minutes is not None and not self._minutes.done()

    async def tick(self, *, everything: bool = True) -> None:
        """Does what is due by the clock in every tenant."""

        async def one(here: Tenant) -> None:
            due = here.watch.next_us
            if due is not None and due <= self._clock():
                here.tick(self._presents.open(here.name))
            await here.flush(all_=everything)
            if everything:
                if here.mirror.behind:
                    await here.mirror.follow(self._presents.open(here.name), self._clock())
                if here.evaluation.late.ripe():
                    self._later(here.recall(self._histories.open(here.name)))

        await self._each(one)

    async def _minute(self, here: Tenant) -> None:
        if here.dirty:
            began = time.monotonic()
            await self.compute(here.name)
            self._took_s = max(time.monotonic() - began, self._took_s * 0.9)
            here.rounds += 1
            if here.rounds >= FILL_AFTER:
                history, areas = self._histories.open(here.name), await self._outlines(here.name)
                await here.indicators.fill(history, areas, self._active(here.name), self._clock())
        idle = time.monotonic() - here.used_s > IDLE_S
        if not idle or time.monotonic() - here.kept_s > SELDOM_S:
            here.kept_s = time.monotonic()
            await asyncio.to_thread(here.keep, self._clock())
        if idle:
            await asyncio.to_thread(here.shelf.close)

    async def _each(self, work: Callable[[Tenant], Awaitable[None]]) -> None:
        for here in list(self._tenants.values()):
            try:
                await work(here)
            except NonexistentTenant:
                self._tenants.pop(here.name, None)
            except Exception as error:  # one tenant's trouble is not the others'
                log.exception("insight_failed", tenant=here.name, error=repr(error))

    async def _load_all(self) -> None:
        for tenant in self._presents.names():
            try:
                here = self._tenant(tenant)
                await here.tell_missed()
                await self._stand(here, None)
            except Exception as error:
                log.exception("insight_failed", tenant=tenant, error=repr(error))
            await asyncio.sleep(0.02)  # a start has better things to do
        self._loaded = True

    def _tenant(self, tenant: str) -> Tenant:
        here = self._tenants.get(tenant) or self._opened(tenant)
        here.used_s = time.monotonic()
        return here

    def _opened(self, tenant: str) -> Tenant:
        with self._opening:  # a screen's thread may be the first to ask
            if tenant not in self._tenants:
                self._presents.open(tenant)  # raises where there is no such tenant
                shelf = shelf_of(self._folder / tenant)
                self._tenants[tenant] = Tenant(tenant, shelf, self._means, lambda: self._active(tenant))
                if self._loaded:
                    self._later(self._stand(self._tenants[tenant], None))
            return self._tenants[tenant]

    def forget(self, tenant: str) -> None:
        """Closes what is open of a tenant whose folder is going to be removed or replaced."""
        here = self._tenants.pop(tenant, None)
        if here is not None:
            here.shelf.close()

    def _later(self, work: Any) -> None:
        if self._loop is None:
            with contextlib.suppress(RuntimeError):
                self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        if self._loop is None:
            work.close()
            return
        if threading.get_ident() == self._thread:
            self._begin(work)
        else:
            self._loop.call_soon_threadsafe(self._begin, work)

    def _begin(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("insight_failed", error=repr(error))
