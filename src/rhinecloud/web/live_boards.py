"""What changes on the boards of incidents and units: drawn once a language, sent to every screen that shows a board.

What happens is gathered; then the strips and tiles that it touches are read and drawn, once for all who look. Who may
not know an incident gets nothing of it; a unit that works for it is shown to them as at work, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from rhinecloud.access import system
from rhinecloud.operations import BoardDesk, IncidentType, News, Speech, Strip, Tile

from .rendering import Pages
from .rooms import Rooms
from .strips import SpeechRow, StripRow, TileRow, speech_rows, strip_row, tile_row

_json: Final = msgspec.json.Encoder()
Sees = frozenset[str] | None
"""The agencies whose incidents and units somebody sees; None: all."""


class Put(msgspec.Struct):
    """A strip or a tile, as a board takes it in."""

    id: str
    group: str  # column, or agency
    rank: str
    html: str


class Patch(msgspec.Struct):
    """What a board gets when something changes. `speech`: the queue of those who wait; None: it did not change."""

    incidents: list[Put]
    units: list[Put]
    gone: list[str]
    speech: str | None


class Touched(msgspec.Struct):
    """What has changed since the boards were told last."""

    incidents: set[str] = msgspec.field(default_factory=set)
    units: set[str] = msgspec.field(default_factory=set)
    speech: bool = False

    def add(self, news: News) -> None:
        if news.incident:
            self.incidents.add(news.incident)
        if news.what.startswith("unit."):
            self.units.add(news.subject)
            self.speech = self.speech or news.what in ("unit.speech", "unit.answered")
        elif unit := news.detail.get("unit"):
            self.units.add(str(unit))

    def __bool__(self) -> bool:
        return bool(self.incidents or self.units or self.speech)


class Drawer:
    """Draws strips and tiles; the same one a second time is remembered."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.strip = lru_cache(maxsize=4_096)(self._strip)
        self.tile = lru_cache(maxsize=8_192)(self._tile)

    def speech(self, rows: list[SpeechRow], language: str) -> str:
        return self._pages.part("parts/board.html", "speeches", language, rows)

    def _strip(self, row: StripRow, language: str) -> str:
        return self._pages.part("parts/board.html", "strip", language, row)

    def _tile(self, row: TileRow, language: str) -> str:
        return self._pages.part("parts/board.html", "tile", language, row)


class Changed:
    """One change of the boards of a tenant, to be told to each in their language and as far as they may know."""

    def __init__(self, boards: Boards, tenant: str, touched: Touched) -> None:
        """Reads what stands there now. Blocking."""
        self._drawer, self._titles = boards.drawer, boards.agencies(tenant)
        seat = boards.rooms.operations.seat(tenant, system("web"))
        desk, whole = BoardDesk(seat), boards.rooms.operations.desk(tenant, system("web"))
        self._kinds: Mapping[str, IncidentType] = whole.things(IncidentType)
        self._strips: dict[str, Strip] = {
            s.incident.id: s for s in desk.strips(boards.rooms.clock(), touched.incidents)
        }
        units = touched.units | {at.unit for strip in self._strips.values() for at in strip.units}
        self._waiting: list[Speech] | None = whole.waiting() if touched.speech else None
        needed = units | {s.unit for s in self._waiting or ()}
        self._tiles: dict[str, Tile] = {t.unit.id: t for t in desk.tiles(needed)} if needed else {}
        self._units = units
        # What somebody knew and may know no more goes from their board.
        known = boards.known.setdefault(tenant, {})
        self._knew = {name: known.pop(name, frozenset()) for name in touched.incidents | units}
        boards.note(tenant, self._strips.values(), self._tiles.values())

    def encoded(self, language: str, sees: Sees) -> bytes:
        """The change as those get it who see these agencies."""
        strips = {i: s for i, s in self._strips.items() if sees is None or sees & set(s.incident.agencies)}
        tiles = {u: _told(t, sees) for u, t in self._tiles.items() if sees is None or sees & _may_know(t)}
        shown = strips.keys() | tiles.keys()
        gone = [n for n, knew in self._knew.items() if n not in shown and (sees is None or sees & knew)]
        rows = [strip_row(s, self._kinds, language) for s in strips.values()]
        units = [tile_row(t, self._titles, language) for u, t in tiles.items() if u in self._units]
        speech = None
        if self._waiting is not None:
            speech = self._drawer.speech(speech_rows(self._waiting, tiles, language), language)
        patch = Patch(
            incidents=[Put(r.id, r.column, r.rank, self._drawer.strip(r, language)) for r in rows],
            units=[Put(r.id, r.agency, r.rank, self._drawer.tile(r, language)) for r in units],
            gone=gone,
            speech=speech,
        )
        return _json.encode(patch)


class Boards:
    """The boards of all tenants: what pages and live changes draw them with."""

    def __init__(self, rooms: Rooms, pages: Pages) -> None:
        self.rooms, self.drawer = rooms, Drawer(pages)
        self.known: dict[str, dict[str, frozenset[str]]] = {}  # tenant → incident or unit → who knew of it last

    def changed(self, tenant: str, touched: Touched) -> Changed:
        """Blocking."""
        return Changed(self, tenant, touched)

    def note(self, tenant: str, strips: Iterable[Strip], tiles: Iterable[Tile]) -> None:
        """Who may know of what is shown from now on; a page tells it, too, before anything has changed."""
        known = self.known.setdefault(tenant, {})
        known.update((s.incident.id, frozenset(s.incident.agencies)) for s in strips)
        known.update((t.unit.id, _may_know(t)) for t in tiles)

    def agencies(self, tenant: str) -> dict[str, str]:
        """Titles of agencies. Blocking."""
        found: list[Any] = self.rooms.access.tenants.agencies(tenant)
        return {a.name: a.title or a.name for a in found}


def _may_know(tile: Tile) -> frozenset[str]:
    return frozenset((tile.unit.agency, *tile.knowing))


def _told(tile: Tile, sees: Sees) -> Tile:
    if sees is None or sees & set(tile.knowing):
        return tile
    return msgspec.structs.replace(tile, number="", title="", assignment=None)
