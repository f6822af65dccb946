"""The map as of a moment, and how it went on: rows like those of the present, read from one or two attributes of each.

What a thing is called, and where it stands, the past often learnt long after its first figures: where it does not know,
the present does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final, NamedTuple

import msgspec

from rhinecloud.history import History, Told
from rhinecloud.insight import is_copy

from .board import LIMIT
from .channel import Readable, shown
from .things import LOCATION, NAMES, Kinds, Row, level, name_of, position, short_text

MOVES: Final = 60_000
"""Changes in one answer; who plays fast is given coarser steps."""
MOST_STEP: Final = 6_000
"""Things that may differ between two moments for the second to be told as what differs from the first."""
MOVERS_S: Final = 300.0
"""How long it is remembered which things move."""
_json = msgspec.json.Decoder()


class Move(msgspec.Struct, array_like=True):
    """What one thing became; what did not change is None."""

    ms: int
    id: str
    figure: tuple[float | None, str, int, int] | None = None  # number, text, observed_ms, flags
    state: int | None = None
    place: tuple[float, float] | None = None
    gone: bool = False


class Step(NamedTuple):
    """What is otherwise at a moment than at another."""

    rows: list[Row]
    gone: list[str]  # ids of what was not there


class Movers:
    """Which things move, as the past knows it: the places of the others need not be read again and again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, frozenset[str]]] = {}

    async def of(self, history: History) -> frozenset[str]:
        known = self._known.get(history.tenant)
        if known is None or time.monotonic() - known[0] > MOVERS_S:
            known = self._known[history.tenant] = (time.monotonic(), frozenset(await history.movers(LOCATION)))
        return known[1]


class Moments:
    """Reads the past of one tenant for who may read `readable`."""

    def __init__(
        self,
        history: History,
        kinds: Kinds,
        now: Mapping[str, Row],
        movers: Movers,
        readable: Readable,
        hidden: frozenset[str],
    ) -> None:
        self._history, self._kinds, self._now, self._movers = history, kinds, now, movers
        self._readable, self._hidden = readable, hidden
        self._places: dict[str, int | None] = {}

    async def picture(self, at_us: int) -> tuple[list[Row], bool]:
        """Everything that was there at a moment; the second value says whether that is all."""
        told = await self._history.glance(at_us, self._attrs(), everything=True)
        rows = await self._placed(told, at_us)
        return list(rows.values())[:LIMIT], len(rows) <= LIMIT

    async def step(self, since_us: int, at_us: int) -> Step | None:
        """What was otherwise at a moment than at another. None: too much was."""
        earlier, later = sorted((since_us, at_us))
        about = self._attrs() | {LOCATION}
        touched = await self._history.touched(earlier, later, about, MOST_STEP)
        if len(touched) > MOST_STEP:
            return None
        told = await self._history.glance(at_us, self._attrs(), ids=touched, everything=True)
        rows = await self._placed(told, at_us)
        there = {part.entity for part in told}
        # Of what they may not see, nobody is told that it went.
        gone = [e for e, types in touched.items() if e not in there and self._kind(types) is not None]
        return Step(list(rows.values()), gone)

    async def _placed(self, told: Sequence[Told], at_us: int) -> dict[str, Row]:
        """Rows by id, named, and standing where they stood."""
        for types in {part.type for part in told}:
            self._kind(types)  # kinds that are new are added here: screens read them on this loop
        rows = await asyncio.to_thread(self._rows, told)
        strangers = rows.keys() - self._now.keys()
        if strangers:
            await self._name(rows, strangers, at_us)
        if moving := (await self._movers.of(self._history)) & rows.keys() - strangers:
            for part in await self._history.glance(at_us, {LOCATION}, ids=moving):
                rows[part.entity].lon, rows[part.entity].lat = _place(part) or (None, None)
        return rows

    async def moves(self, from_us: int, to_us: int, step_us: int) -> tuple[list[Move], bool]:
        """What changed in (from_us, to_us], the last word of each step."""
        found, complete = await self._history.moves(
            from_us, to_us, self._attrs() | {LOCATION}, step_us=step_us, limit=MOVES
        )
        moves = [move for told in found if (move := self._move(told)) is not None]
        return moves, complete

    def _attrs(self) -> set[str]:
        """What stands for a thing on the map: the main attributes, and those that colour it."""
        return {attr for kind in self._kinds.list for attr in (kind.attr, self._kinds.status_attr(kind)) if attr}

    def _kind(self, types: str) -> int | None:
        if types not in self._places:
            place = self._kinds.of(types.split(" "))
            seen = shown(self._kinds.list[place].iri, self._readable, self._hidden)
            self._places[types] = place if seen else None
        return self._places[types]

    def _rows(self, told: Iterable[Told]) -> dict[str, Row]:
        """Rows by id; told in one pass, since there are thousands."""
        rows: dict[str, Row] = {}
        kinds = [(kind, kind.attr, self._kinds.status_attr(kind)) for kind in self._kinds.list]
        for part in told:
            row = rows.get(part.entity)
            place = self._kind(part.type) if row is None else row.kind
            if place is None:
                continue
            kind, main, status = kinds[place]
            if row is None:
                if is_copy(part.entity):
                    continue
                row = rows[part.entity] = self._row(part.entity, place)
            elif part.dataset and row.observed_ms is not None:
                continue  # the default instance is there, or another one
            if part.attr == main:
                row.number, row.text, row.observed_ms, row.flags = _figure(part)
            if part.attr == status and part.attr:
                row.state = level(kind, part.number)
        return rows

    def _row(self, entity_id: str, place: int) -> Row:
        """A row without figures, standing where it stands now."""
        now = self._now.get(entity_id)
        name = now.name if now else entity_id.rsplit(":", 1)[-1][:200]
        lon, lat = (now.lon, now.lat) if now else (None, None)
        return Row(entity_id, place, name, lon, lat, 0, None, "", None, 0)

    def _move(self, told: Told) -> Move | None:
        place = self._kind(told.type)
        if place is None or is_copy(told.entity):
            return None
        ms = told.at_us // 1000
        if not told.attr:
            return Move(ms, told.entity, gone=told.gone)
        kind = self._kinds.list[place]
        if told.gone or told.dataset:
            return None
        move = Move(ms, told.entity)
        if told.attr == LOCATION:
            move.place = _place(told)
            now = self._now.get(told.entity)
            if move.place is None or (now is not None and move.place == (now.lon, now.lat)):
                return None  # it stands where it stood
        if told.attr == kind.attr:
            move.figure = _figure(told)
        if told.attr == self._kinds.status_attr(kind):
            move.state = level(kind, told.number)
        return move if move.figure or move.place or move.state is not None else None

    async def _name(self, rows: dict[str, Row], strangers: Set[str], at_us: int) -> None:
        """Names and places of things that are no more."""
        for part in await self._history.glance(at_us, {*NAMES, LOCATION}, ids=strangers):
            row = rows[part.entity]
            if part.attr == LOCATION:
                row.lon, row.lat = _place(part) or (None, None)
            else:
                row.name = name_of({"id": part.entity, "type": [], "attrs": {part.attr: [_instance(part)]}})


def _instance(told: Told) -> dict[str, Any]:
    if told.body is None:
        return {"type": "Property", "value": told.number}
    found: dict[str, Any] = _json.decode(told.body)
    return found


def _figure(told: Told) -> tuple[float | None, str, int, int]:
    ms = (told.observed_us or told.received_us) // 1000
    if told.number is not None:
        return told.number, "", ms, told.flags
    return None, short_text(_instance(told).get("value")), ms, told.flags


def _place(told: Told) -> tuple[float, float] | None:
    return position({LOCATION: [_instance(told)]}) if told.body else None
