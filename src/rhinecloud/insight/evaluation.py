"""Rules meet entities: with each commit, and with everything that stands there."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from rhinecloud.base.clock import Clock
from rhinecloud.base.model import IMPOSSIBLE, Changes, Entity
from rhinecloud.base.model import Change as Kind
from rhinecloud.context import Present

from .holding import newest
from .recalling import Late
from .replaying import Row, steps
from .standing import Standing
from .watch import Watch

BREATH: Final = 200  # entities after which others get their turn


class Evaluation:
    """Of one tenant: finds what rules are to be looked at where, and has `watch` look."""

    def __init__(self, watch: Watch, clock: Clock) -> None:
        self.watch = watch
        self.seen: set[str] = set()  # types that entities have
        self.late = Late()
        self._clock = clock
        self._standing = asyncio.Lock()

    # ── what changes ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def read(self, changes: Changes, present: Present) -> None:
        """One commit's changes: the entities that rules look at, each once, in the order in which things happened."""
        found = self._concerned(changes)
        now = self._clock()
        for number, (entity_id, (rows, rules)) in enumerate(found.items(), 1):
            entity = present.get(entity_id)
            for at_us, seen in steps(entity, rows, now, changes.committed_us):
                for rule in rules:
                    self.watch.look(rule, seen, entity_id, at_us, now)
            if number % BREATH == 0:
                await asyncio.sleep(0)
        self.watch.end_batch()

    def _concerned(self, changes: Changes) -> dict[str, tuple[list[Row], list[Standing]]]:
        """entity → (its rows that matter, the rules that may be concerned). This is done for every observation."""
        watch, group_of = self.watch, self.watch.index.group
        found: dict[str, dict[Standing, None]] = {}
        columns = zip(
            changes.entity,
            changes.type,
            changes.attr,
            changes.change,
            changes.observed_us,
            changes.received_us,
            changes.number,
            changes.flags,
            changes.seen,
            strict=True,
        )
        for entity, types, attr, change, observed, received, number, flags, seen in columns:
            group = group_of(types, attr)
            if not attr:
                rules = self._of_entity(types, entity, change)
            elif group is None:
                continue
            elif change == Kind.DELETED or seen:
                rules = watch.sees(group, entity, attr, None, received)
                if observed is not None:
                    self.late.note(types, observed, observed, received)
            else:
                at = received if observed is None or observed > received else observed
                rules = watch.sees(group, entity, attr, None if flags & IMPOSSIBLE else number, at)
            if rules:
                found.setdefault(entity, {}).update(dict.fromkeys(rules))
        return {entity: (rows, list(found[entity])) for entity, rows in self._rows(changes, found).items()}

    def _rows(self, changes: Changes, wanted: Collection[str]) -> dict[str, list[Row]]:
        """The rows of some entities that rules look at, in order."""
        rows: dict[str, list[Row]] = {}
        if not wanted:
            return rows
        for i, entity in enumerate(changes.entity):
            if entity in wanted:
                attr = changes.attr[i]
                if attr and self.watch.index.group(changes.type[i], attr) is None:
                    continue
                row = Row(
                    attr,
                    changes.dataset[i],
                    changes.change[i],
                    changes.observed_us[i],
                    changes.received_us[i],
                    changes.number[i],
                    i,
                    changes.seen[i],
                    changes,
                )
                rows.setdefault(entity, []).append(row)
        return rows

    def _of_entity(self, types: str, entity: str, change: int) -> list[Standing]:
        """The rules on an entity that came, went, or changed its type or scope."""
        self.seen.update(types.split(" "))
        cases = self.watch.cases.get(entity, {})
        rules: Iterable[Standing] = ()
        if change != Kind.DELETED:
            rules = (rule for rule in self.watch.index.of(types) if rule.only is None or entity in rule.only)
        if change == Kind.CREATED:  # its attributes are rows of their own; only what they lack is not
            rules = (rule for rule in rules if not (rule.gates or rule.change or rule.silent_us))
        return list(dict.fromkeys([*rules, *(r for i in cases if (r := self.watch.index.rules.get(i)) is not None)]))

    # ── what stands ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def stand(self, present: Present, only: Collection[str] | None = None, why: str = "ended") -> None:
        """Evaluates rules (`only` these, or all) against the present as it stands; `why` alerts end that are over."""
        async with self._standing:
            index = self.watch.index
            rules = [rule for rule in index.rules.values() if only is None or rule.id in only]
            visited: set[tuple[str, str]] = set()
            for name in dict.fromkeys(rule.type for rule in rules):
                of = [rule for rule in rules if rule.type == name]
                await self._stand_type(present, name, of, visited, why)
            now = self._clock()
            for rule in rules:
                for entity_id in [e for e, cases in self.watch.cases.items() if rule.id in cases]:
                    if (rule.id, entity_id) not in visited:
                        self.watch.look(rule, present.get(entity_id), entity_id, now, now, over=why)

    async def _stand_type(
        self, present: Present, name: str, rules: Sequence[Standing], visited: set[tuple[str, str]], why: str
    ) -> None:
        chosen = {rule.id for rule in rules}
        async for entities in present.walk(name):
            for entity in entities:
                self.seen.update(entity["type"])
                self._stand_at(present, entity, rules, chosen, visited, why)

    def _stand_at(
        self,
        present: Present,
        entity: Entity,
        rules: Sequence[Standing],
        chosen: Collection[str],
        visited: set[tuple[str, str]],
        why: str,
    ) -> None:
        entity_id, now = entity["id"], self._clock()
        types = " ".join(sorted(entity["type"]))
        found: dict[Standing, None] = {}
        for attr, instances in entity["attrs"].items():
            group = self.watch.index.group(types, attr)
            if group is None:
                continue
            number = instances[0].get("value") if len(instances) == 1 else None
            if number.__class__ not in (int, float) or instances[0].get("_f", 0) & IMPOSSIBLE:
                number = None
            at = newest(entity, [attr], now)
            found.update(dict.fromkeys(self.watch.sees(group, entity_id, attr, number, at)))
        for rule in rules:
            if rule.silent_us and rule.attr in entity["attrs"]:
                self.watch.arm(rule, entity, now)
        looked = [rule for rule in found if rule.id in chosen]
        current = present.get(entity_id) if looked else None
        for rule in looked:
            visited.add((rule.id, entity_id))
            at = newest(current, rule.watched, now) if current else now
            self.watch.look(rule, current, entity_id, at, now, over=why)
