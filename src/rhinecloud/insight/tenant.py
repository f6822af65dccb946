"""Everything that insight holds of one tenant: its rules, its watch, and how both come to the disk and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import tzinfo
from typing import Any, Final, NamedTuple

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import RhineError
from rhinecloud.base.model import Changes
from rhinecloud.base.shelf import Shelf
from rhinecloud.context import Present
from rhinecloud.history import History

from . import alerts
from .away import Away
from .declare import Alert, Indicator, News, Rule, Trouble
from .evaluation import Evaluation
from .indicators import SOURCE, Indicators
from .mirror import Mirror
from .recalling import merge, recall, stretch
from .rules import Rules
from .standing import Expand, Standing
from .tables import set_meta
from .watch import Case, Watch

AT_ONCE: Final = 100  # alerts told at a time
Tell = Callable[[str, News], Awaitable[None]]

log = telemetry.logger("insight")
_ALERTS = telemetry.counter("alerts_total", "Changes of alerts, by what happened", ("what",))
_decode_case = msgspec.json.Decoder(Case).decode
_encode = msgspec.json.Encoder().encode


class Means(NamedTuple):
    """What all tenants share."""

    model: Model
    expand: Expand
    zone: tzinfo
    clock: Clock
    tell: Tell
    rules: list[Rule]  # of all packs that are installed, whether on or off
    indicators: list[Indicator]


class Tenant:
    """Used in the loop's thread, but for what says otherwise. `active` gives the packs that are on."""

    def __init__(self, name: str, shelf: Shelf, means: Means, active: Callable[[], Collection[str]]) -> None:
        self.name, self.shelf = name, shelf
        self.used_s = time.monotonic()  # when anything changed here, or anybody asked
        self.kept_s = 0.0
        self.waiting = False  # somebody is about to write what became of alerts
        self.rounds = 0  # of computing indicators since the start
        self.dirty = True  # something changed since the indicators were computed
        self._expand, self._clock, self._active, self._tell = means.expand, means.clock, active, means.tell
        now = means.clock()
        self.away = Away(shelf, now)
        self.rules = Rules(shelf, means.rules, now)
        self.indicators = Indicators(name, shelf, means.indicators, means.expand)
        self.mirror = Mirror(shelf, means.expand)
        self._told = shelf.meta("told")
        self.watch = Watch(name, means.model, means.zone, listened=self.away.listened)
        self.evaluation = Evaluation(self.watch, means.clock)
        self._flushing = asyncio.Lock()
        self._exchange(now)
        self._restore(now)

    # ── coming back ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _restore(self, now: int) -> None:
        for alert in alerts.raised(self.shelf):
            case = Case(
                rule=alert.rule,
                entity=alert.entity,
                since_us=alert.raised_us,
                started_us=alert.started_us,
                heard_us=alert.known_us,
                at_us=alert.raised_us,
                evidence=[],
                alert=alert,
            )
            self.watch.restore(case, now)
        for (body,) in self.shelf.rows("SELECT body FROM pending"):
            try:
                self.watch.restore(_decode_case(body), now)
            except msgspec.MsgspecError as error:
                log.warning("pending_unreadable", tenant=self.name, error=str(error))
        rows: list[Any] = self.shelf.rows(
            "SELECT rule, entity, max(snoozed_until_us) FROM alert WHERE snoozed_until_us > ? GROUP BY rule, entity",
            now,
        )
        for rule, entity, until in rows:
            self.watch.snooze(rule, entity, until)

    def _exchange(self, now: int) -> set[str]:
        """Takes the rules that are on now into the watch; gives those that are new or another version."""
        before = self.watch.index.rules
        on = {}
        for rule in self.rules.all(self._active()):
            if not rule.on:
                continue
            known = before.get(rule.id)
            if known is not None and known.rule == rule:
                on[rule.id] = known
                continue
            try:
                on[rule.id] = Standing(rule, self._expand)
            except RhineError as error:
                self.watch.trouble[rule.id] = Trouble(at_us=now, detail=error.detail)
        self.watch.exchange(on.values())
        fresh = {rule_id for rule_id, rule in on.items() if before.get(rule_id) is not rule}
        for rule_id in fresh:
            self.watch.trouble.pop(rule_id, None)
        return fresh

    def reload(self) -> set[str]:
        """The rules have changed: alerts of those that no longer count are cleared; gives the rules to look at anew."""
        now = self._clock()
        fresh = self._exchange(now)
        counting = self.watch.index.rules
        for rule_id in {case.rule for cases in self.watch.cases.values() for case in cases.values()}:
            if rule_id not in counting:
                self.watch.drop(rule_id, now, self._why(rule_id))
        return fresh

    def _why(self, rule_id: str) -> str:
        try:
            rule = self.rules.get(rule_id)
        except RhineError:
            return "rule-deleted"
        return "pack-off" if rule.pack and rule.pack not in self._active() else "rule-off"

    # ── what changes ─────────────────────────────────────────────────────────────────────────────────────────────────

    def heard(self, changes: Changes) -> None:
        """Something changed; what this room writes itself concerns no indicator."""
        self.used_s = time.monotonic()
        self.dirty = self.dirty or any(source != SOURCE for source in changes.source)

    async def read(self, changes: Changes, present: Present) -> None:
        """One commit's changes."""
        self.heard(changes)
        await self.evaluation.read(changes, present)

    async def stand(self, present: Present, only: Collection[str] | None = None, why: str = "ended") -> None:
        """Evaluates rules (`only` these, or all) against the present as it stands; `why` alerts end that are over."""
        await self.evaluation.stand(present, only, why)
        await self.flush()

    async def recall(self, history: History) -> None:
        """Goes through what came late and has become quiet (see `recalling`)."""
        now = self._clock()
        for kind, since, until in list(self.evaluation.late.due()):
            rules = [rule for rule in self.watch.index.by_type.get(kind, ()) if not rule.silent_us]
            span = stretch(since, until, now)
            if not rules or span is None:
                continue
            found = await recall(self.watch.empty(), rules, history, *span)
            async with self._flushing:
                new, earlier, self._told = await asyncio.to_thread(self._merge, found, span[1])
            self.mirror.behind = True
            for alert in earlier:
                case = self.watch.cases.get(alert.entity, {}).get(alert.rule)
                if case is not None and case.alert is not None and case.alert.id == alert.id:
                    case.alert.started_us, case.alert.raised_us = alert.started_us, alert.raised_us
                    case.alert.evidence = alert.evidence
                    self.watch.restate(case)
            for first in range(0, len(new), AT_ONCE):
                await asyncio.gather(*(self._tell(self.name, News("cleared", a)) for a in new[first : first + AT_ONCE]))
        await self.flush()

    def _merge(self, found: Sequence[Alert], until_us: int) -> tuple[list[Alert], list[Alert], int]:
        """In a thread."""
        with self.shelf.transaction() as db:
            return merge(db, found, until_us, self._clock())

    def tick(self, present: Present) -> bool:
        """What is due by the clock; whether there is something to write."""
        now = self._clock()
        due = self.watch.next_us
        if due is not None and due <= now:
            self.watch.tick(now, present.get)
        return bool(self.watch.news)

    # ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def flush(self, *, all_: bool = False) -> None:
        """Keeps what has become of alerts, then tells it; `all_`: pending cases too, which else may wait a second."""
        if not (self.watch.news or (all_ and self.watch.touched)):
            self.waiting = False
            return
        self.waiting = True
        async with self._flushing:
            self.waiting = False
            news, self.watch.news = self.watch.news, []
            touched, self.watch.touched = self.watch.touched, set()
            if not news and not touched:
                return
            pending = [(rule, entity, self._packed(rule, entity)) for rule, entity in touched]
            pending += [(n.alert.rule, n.alert.entity, None) for n in news if n.what == "raised"]
            told = _told(news)
            names = [item.alert.id for item in told]
            change = await asyncio.to_thread(self._write, [item.alert for item in told], pending)
            self.mirror.behind = True
            for item, name in zip(told, names, strict=True):
                case = self.watch.cases.get(item.alert.entity, {}).get(item.alert.rule)
                if case is not None and case.alert is not None and case.alert.id == name:
                    case.alert.id = item.alert.id
            for first in range(0, len(told), AT_ONCE):
                await asyncio.gather(*(self._tell(self.name, item) for item in told[first : first + AT_ONCE]))
            for item in told:
                _ALERTS.labels(item.what).inc()
            self._told = change

    async def tell_missed(self) -> None:
        """Tells what was kept but may not have been told before a crash."""
        while missed := alerts.changed_after(self.shelf, self._told):
            for change, alert in missed:
                await self._tell(self.name, News(alert.state, alert))
                self._told = change

    def keep(self, now: int) -> None:
        """Notes how far everything is. In a thread."""
        with self.shelf.transaction() as db:
            self.away.keep(db, now)
            self.mirror.keep(db)
            set_meta(db, "told", self._told)

    def _packed(self, rule: str, entity: str) -> bytes | None:
        case = self.watch.cases.get(entity, {}).get(rule)
        return None if case is None or case.alert is not None else _encode(case)

    def _write(self, changed: Sequence[Alert], pending: Sequence[tuple[str, str, bytes | None]]) -> int:
        """In a thread."""
        with self.shelf.transaction() as db:
            for rule, entity, body in pending:
                if body is None:
                    db.execute("DELETE FROM pending WHERE rule = ? AND entity = ?", (rule, entity))
                else:
                    db.execute("INSERT OR REPLACE INTO pending VALUES (?, ?, ?)", (rule, entity, body))
            return alerts.keep(db, changed)

    def act(self, alert_id: str, change: Callable[[Alert], None]) -> Alert:
        """What a person does about an alert: kept when it returns, and told soon.

        Raises:
            ResourceNotFound.
        """
        with self.shelf.transaction() as db:
            alert = alerts.act(db, alert_id, change)
        self.mirror.behind = True
        case = self.watch.cases.get(alert.entity, {}).get(alert.rule)
        if case is not None and case.alert is not None and case.alert.id == alert.id:
            change(case.alert)
        return alert

    def stop(self) -> None:
        """Writes what is only in memory, and closes the file."""
        if self.shelf.is_open or self.watch.touched:
            pending = [(rule, entity, self._packed(rule, entity)) for rule, entity in self.watch.touched]
            if pending or self.watch.news:
                self._write([item.alert for item in _told(self.watch.news)], pending)
        self.keep(self._clock())
        self.shelf.close()


def _told(news: Sequence[News]) -> list[News]:
    """One item an alert, as it is now: of one that was raised and cleared at once, that it was cleared."""
    first: dict[str, str] = {}
    last: dict[str, News] = {}
    for item in news:
        first.setdefault(item.alert.id, item.what)
        last[item.alert.id] = item
    return [
        News(
            "raised" if first[alert_id] == "raised" and item.alert.state == "raised" else item.what,
            msgspec.structs.replace(item.alert),
        )
        for alert_id, item in last.items()
    ]
