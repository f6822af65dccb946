"""The evaluation: rules at entities, each case as far as it has come, step by step and by the clock.

One evaluation for the present and for the past: live it is told what each commit changed and ticks by the clock, in a
trial it is told what history holds and ticks by its times. A **case** is a rule that holds of one entity: pending while
it has not lasted as long as the rule asks, then raised.

What is observed late proves nothing of the time since. So each case ages by its entity's own clock: the time of its
last observation, and what has passed since that came.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import Model
from rhinecloud.base.model import Entity

from .alerts import alert_id
from .declare import Alert, Evidence, News, Trouble
from .holding import Holding, credible, enough, evidence_of, observation, sound
from .index import Group, Index, Stretch
from .standing import Standing
from .window import Difference, Window
from .wording import decimals_of, fill, moment, name_of, place_of, unit_of

UPDATE_US: Final = 10 * SECOND
"""A raised alert is told anew at most this often while its value changes."""
KEPT: Final = 20
"""Observations that an alert keeps as its evidence."""

Listened = Callable[[int, int], int]
"""(since, until) → µs between the two during which we were there to hear."""
Fetch = Callable[[str], Entity | None]


class Case(msgspec.Struct):
    """A rule that holds of an entity."""

    rule: str
    entity: str
    since_us: int  # when it began to hold, by what was observed
    started_us: int  # when what it is about began: of a silence, the last observation
    heard_us: int  # when we knew, by our clock
    at_us: int  # the moment of the last observation that was looked at
    evidence: list[Evidence]
    alert: Alert | None = None  # None: pending


class Watch:
    """All cases of one tenant (or of one trial). Everything that becomes of them is put into `news`."""

    def __init__(
        self, tenant: str, model: Model, zone: tzinfo, *, listened: Listened = lambda since, until: until - since
    ) -> None:
        self.tenant = tenant
        self.index = Index(())
        self.cases: dict[str, dict[str, Case]] = {}  # entity → rule → case
        self.news: list[News] = []
        self.trouble: dict[str, Trouble] = {}
        self.snoozed: dict[tuple[str, str], int] = {}  # (rule, entity) → until when
        self.touched: set[tuple[str, str]] = set()  # pending cases that began or ended: to be kept
        self._model, self._zone = model, zone
        self._listened, self._holding = listened, Holding(listened)
        self._windows: dict[tuple[str, str], Window] = {}
        self._moves: dict[
            tuple[str, str], list[tuple[int, dict[Stretch, Difference | None]]]
        ] = {}  # of the batch in hand
        self._spans: dict[str, int] = {}  # attribute → the longest stretch that a rule looks back
        self._armed: set[tuple[str, str]] = set()  # (rule, entity): its silence is timed
        self._heap: list[tuple[int, int, Literal["for", "silent", "update"], str, str]] = []
        self._turn = 0

    # ── which rules there are ────────────────────────────────────────────────────────────────────────────────────────

    def exchange(self, rules: Iterable[Standing]) -> None:
        """The rules that count from now on; cases are looked after by the caller (`drop`, `look`)."""
        self.index = Index(rules)
        self._spans = {}
        for rule in self.index.rules.values():
            if rule.change is not None:
                self._spans[rule.change.attr] = max(rule.stretch[0], self._spans.get(rule.change.attr, 0))
        for (_, attr), window in list(self._windows.items()):
            window.span_us = max(window.span_us, self._spans.get(attr, 0))
        self._armed = {(rule, entity) for rule, entity in self._armed if rule in self.index.rules}

    def restore(self, case: Case, now: int) -> None:
        """A case of a former run; its time goes on."""
        self.cases.setdefault(case.entity, {})[case.rule] = case
        rule = self.index.rules.get(case.rule)
        if case.alert is None and rule is not None:
            self._push(max(now, case.heard_us + rule.for_us), "for", case.rule, case.entity)

    def snooze(self, rule: str, entity: str, until_us: int | None) -> None:
        """Until then an alert of this rule at this entity is snoozed, also one that comes anew."""
        if until_us is None:
            self.snoozed.pop((rule, entity), None)
        else:
            self.snoozed[rule, entity] = until_us
            self._push(until_us, "update", rule, entity)

    def drop(self, rule_id: str, now: int, why: str) -> None:
        """Ends all cases of a rule."""
        for cases in [cases for cases in self.cases.values() if rule_id in cases]:
            self._end(cases[rule_id], now, now, why)

    # ── what was observed ────────────────────────────────────────────────────────────────────────────────────────────

    def sees(self, group: Group, entity: str, attr: str, number: float | None, at_us: int) -> list[Standing]:
        """The rules to be looked at after one observation: those it may make true, and those that have a case."""
        found = group.candidates(entity, number)
        if group.moving and number is not None:
            found += self._moved(group, entity, attr, number, at_us)
        for rule in group.silent(entity):
            if (rule.id, entity) not in self._armed:
                self._arm(rule, entity, at_us)
        if entity in self.cases:
            of = self.cases[entity]
            found = list(dict.fromkeys([*found, *(self.index.rules[r] for r in of if r in self.index.rules)]))
        return found

    def _moved(self, group: Group, entity: str, attr: str, number: float, at_us: int) -> list[Standing]:
        window = self._windows.get((entity, attr))
        if window is None:
            window = self._windows[entity, attr] = Window(self._spans.get(attr, 0))
        window.add(at_us, number)
        known: dict[Stretch, Difference | None] = {}
        self._moves.setdefault((entity, attr), []).append((at_us, known))

        def by(stretch: Stretch) -> float | None:
            if stretch not in known:
                known[stretch] = window.difference(stretch[0], rising=stretch[1])
            found = known[stretch]
            return None if found is None else found.by

        return group.moved(entity, by)

    def _difference(self, rule: Standing, entity: str, at_us: int) -> Difference | None:
        """How fast the value changed at a moment of the batch in hand, or else now."""
        if rule.change is None:
            return None
        moves = self._moves.get((entity, rule.change.attr))
        if moves:
            known = next((known for at, known in reversed(moves) if at <= at_us), {})
            return enough(rule, known.get(rule.stretch))
        window = self._windows.get((entity, rule.change.attr))
        return enough(rule, window.difference(rule.stretch[0], rising=rule.stretch[1])) if window is not None else None

    def end_batch(self) -> None:
        """What `sees` was told has been looked at."""
        self._moves.clear()

    def warm(self, entity: str, attr: str, values: Iterable[tuple[int, float]]) -> None:
        """What is known of an attribute before the first observation that comes: for rates of change."""
        window = Window(self._spans.get(attr, 0))
        for at_us, value in values:
            window.add(at_us, value)
        self._windows.setdefault((entity, attr), window)

    def look(
        self, rule: Standing, entity: Entity | None, entity_id: str, at_us: int, now: int, *, over: str = "ended"
    ) -> None:
        """One rule at one entity as it is at `at_us`; `now` is our clock, `over` why an alert ends that holds no more.

        What goes wrong troubles that rule alone.
        """
        try:
            self._look(rule, entity, entity_id, at_us, now, over)
            if self.trouble and rule.id in self.trouble and self.trouble[rule.id].entity in (entity_id, ""):
                del self.trouble[rule.id]
        except Exception as error:  # whatever a value of the outside brings about
            known = self.trouble.get(rule.id)
            times = known.times + 1 if known else 1
            detail = f"{type(error).__name__}: {error}"[:500]
            self.trouble[rule.id] = Trouble(at_us=now, detail=detail, entity=entity_id, times=times)

    def _look(self, rule: Standing, entity: Entity | None, entity_id: str, at_us: int, now: int, over: str) -> None:
        case = self.cases.get(entity_id, {}).get(rule.id)
        difference = self._difference(rule, entity_id, at_us)
        if case is None:
            if entity is None or not rule.selects(entity) or not credible(rule, entity):
                return
            if self._holding.holds(rule, entity, difference, now):
                self._begin(rule, entity, difference, at_us, now)
            return
        at_us = max(at_us, case.at_us)
        if entity is None:
            why = "gone"
        elif not rule.selects(entity):
            if rule.geo is not None and not sound(entity, (rule.geo.attr,)):
                return
            why = "elsewhere" if entity["type"] and rule.type in entity["type"] else "gone"
        elif not credible(rule, entity):
            return
        elif case.alert is not None:
            why = "" if self._holding.lasts(rule, entity, difference, now) else over
        else:
            why = "" if self._holding.holds(rule, entity, difference, now) else over
        if case.alert is None and at_us - case.since_us >= rule.for_us:
            # It held until this observation: long enough.
            self._raise(rule, case, entity, case.since_us + rule.for_us, now)
        if why:
            self._end(case, at_us, now, why)
            if rule.silent_us and entity is not None:
                self._arm(rule, entity_id, now)
        else:
            case.at_us = at_us
            assert entity is not None
            self._note(rule, case, entity, now)

    # ── a case's life ────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, rule: Standing, entity: Entity, difference: Difference | None, at_us: int, now: int) -> None:
        started = self._holding.since(rule, entity, at_us, now)
        evidence = evidence_of(rule, entity, difference, now)
        case = Case(rule.id, entity["id"], at_us, started, now, at_us, evidence)
        self.cases.setdefault(entity["id"], {})[rule.id] = case
        if rule.for_us <= 0:
            self._raise(rule, case, entity, at_us, now)
        else:
            self.touched.add((rule.id, entity["id"]))
            self._push(now + rule.for_us, "for", rule.id, entity["id"])

    def _raise(self, rule: Standing, case: Case, entity: Entity | None, at_us: int, now: int) -> None:
        stated = rule.rule
        kinds = entity["type"] if entity else [rule.type]
        if entity is not None and rule.for_us:
            known = {(e.entity, e.attr, e.dataset, e.observed_us, e.received_us) for e in case.evidence}
            later = [e for e in evidence_of(rule, entity, None, now) if _identity(e) not in known]
            case.evidence = (case.evidence + later)[:KEPT]
        latest = next((e for e in reversed(case.evidence) if e.attr == rule.attr), None)
        alert = case.alert = Alert(
            id=alert_id(rule.id, case.entity, case.started_us),
            tenant=self.tenant,
            rule=rule.id,
            rule_version=stated.version,
            title=stated.title,
            text=stated.text,
            entity=case.entity,
            entity_name=name_of(entity) if entity else case.entity.rpartition(":")[2],
            type=next((t for t in kinds if t == rule.type), rule.type),
            location=place_of(entity) if entity else None,
            severity=stated.severity,
            started_us=case.started_us,
            raised_us=at_us,
            known_us=now,
            updated_us=now,
            evidence=case.evidence,
            latest=latest,
            peak=latest if rule.worse else None,
            pack=stated.pack,
            playbook=stated.playbook,
        )
        until = self.snoozed.get((rule.id, case.entity), 0)
        if until > now:
            alert.snoozed_until_us = until
        alert.text = self._worded(rule, alert, kinds, now)
        self.touched.discard((rule.id, case.entity))
        self.news.append(News("raised", alert))

    def _worded(self, rule: Standing, alert: Alert, kinds: list[str], now: int) -> Any:
        latest = alert.latest
        return fill(
            rule.rule.text,
            name=alert.entity_name,
            value=latest.value if latest else None,
            unit=unit_of(self._model, kinds, rule.attr, latest.unit if latest else ""),
            decimals=decimals_of(self._model, kinds, rule.attr),
            since=moment(alert.started_us, self._zone),
            now=moment(now, self._zone),
        )

    def _note(self, rule: Standing, case: Case, entity: Entity, now: int) -> None:
        """What is new of a raised alert: its value, the worst so far, where the thing is."""
        alert = case.alert
        if alert is None:
            return
        latest = observation(entity, rule.attr) if rule.attr else None
        place = place_of(entity)
        same = latest is None or (alert.latest is not None and _identity(latest) == _identity(alert.latest))
        if same and place == alert.location:
            return
        alert.location = place
        if latest is not None:
            alert.latest = latest
            if rule.worse and _worse(latest.value, alert.peak, rule.worse):
                alert.peak = latest
        if now - alert.updated_us >= UPDATE_US:
            self._update(rule, alert, entity["type"], now)
        else:
            self._push(alert.updated_us + UPDATE_US, "update", rule.id, case.entity)

    def _update(self, rule: Standing, alert: Alert, kinds: list[str], now: int) -> None:
        alert.text = self._worded(rule, alert, kinds, now)
        alert.updated_us = now
        self.news.append(News("updated", alert))

    def _end(self, case: Case, at_us: int, now: int, why: str) -> None:
        of = self.cases[case.entity]
        del of[case.rule]
        if not of:
            del self.cases[case.entity]
        alert = case.alert
        if alert is None:
            self.touched.add((case.rule, case.entity))
            return
        alert.state = "cleared"
        alert.cleared_us = max(at_us, alert.raised_us)
        alert.cleared_why = why
        alert.updated_us = now
        self.news.append(News("cleared", alert))

    def restate(self, case: Case) -> None:
        """What is known of the beginning of a raised alert has changed: its message says so."""
        rule = self.index.rules.get(case.rule)
        if rule is not None and case.alert is not None:
            case.started_us, case.since_us = case.alert.started_us, case.alert.started_us
            self._update(rule, case.alert, [case.alert.type], case.alert.updated_us)

    def empty(self) -> Watch:
        """One like this without rules and cases, for the past."""
        return Watch(self.tenant, self._model, self._zone, listened=self._listened)

    # ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def next_us(self) -> int | None:
        """When `tick` has something to do; None: nothing waits."""
        return self._heap[0][0] if self._heap else None

    def tick(self, now: int, fetch: Fetch, most: int = 1_000) -> None:
        """Does what is due, at most so many things at once; `fetch` gives an entity as it is."""
        while self._heap and self._heap[0][0] <= now and most > 0:
            due, _, what, rule_id, entity_id = heapq.heappop(self._heap)
            rule = self.index.rules.get(rule_id)
            if rule is None:
                continue
            most -= 1
            if what == "silent":
                self._silence(rule, entity_id, fetch, now)
                continue
            case = self.cases.get(entity_id, {}).get(rule_id)
            if case is None:
                continue
            if what == "for" and case.alert is None:
                if (rest := case.heard_us + rule.for_us - now) > 0:
                    self._push(now + rest, "for", rule_id, entity_id)
                else:
                    self._raise(rule, case, fetch(entity_id), case.since_us + rule.for_us, now)
            elif what == "update" and case.alert is not None and due >= case.alert.updated_us + UPDATE_US:
                entity = fetch(entity_id)
                self._update(rule, case.alert, entity["type"] if entity else [rule.type], now)

    def _silence(self, rule: Standing, entity_id: str, fetch: Fetch, now: int) -> None:
        self._armed.discard((rule.id, entity_id))
        if rule.id in self.cases.get(entity_id, {}):
            return
        entity = fetch(entity_id)
        if entity is None or rule.type not in entity["type"]:
            return
        rest = self._holding.silent_rest(rule, entity, now)
        if rest is None:
            return
        if rest <= 0:
            self.look(rule, entity, entity_id, now, now)
            if rule.id in self.cases.get(entity_id, {}):
                return
            rest = rule.silent_us  # silent, but something else does not hold
        self._armed.add((rule.id, entity_id))
        self._push(now + rest, "silent", rule.id, entity_id)

    def _arm(self, rule: Standing, entity_id: str, now: int) -> None:
        self._armed.add((rule.id, entity_id))
        self._push(now + rule.silent_us, "silent", rule.id, entity_id)

    def arm(self, rule: Standing, entity: Entity, now: int) -> None:
        """Times the silence of an entity that is there already."""
        if (rule.id, entity["id"]) not in self._armed:
            self._armed.add((rule.id, entity["id"]))
            self._push(now, "silent", rule.id, entity["id"])

    def _push(self, due_us: int, what: Literal["for", "silent", "update"], rule: str, entity: str) -> None:
        self._turn += 1
        heapq.heappush(self._heap, (due_us, self._turn, what, rule, entity))


def _identity(evidence: Evidence) -> tuple[object, ...]:
    return (evidence.entity, evidence.attr, evidence.dataset, evidence.observed_us, evidence.received_us)


def _worse(value: Any, peak: Evidence | None, sign: int) -> bool:
    if peak is None or isinstance(value, bool) or not isinstance(value, int | float):
        return peak is None
    return not isinstance(peak.value, int | float) or (value - peak.value) * sign > 0
