"""Travel times on the network of a tenant, ready before they are asked for: one search backwards an incident, kept.

A place that lies too far from any street is answered by the crow's flight, and says that it is an estimate. What is
closed (a bridge, a flooded tunnel) is left out of every search from the moment on at which that is declared.
"""

from __future__ import annotations

import math
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rhinecloud.operations.alarm import Closure
from rhinecloud.operations.declare import Position
from rhinecloud.operations.travel import Barrier, Crow, Way

from .network import FILE, Network
from .reading import BRIDGE, TUNNEL
from .searching import Tree, backwards, path

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

KEPT_BYTES: Final = 96_000_000
"""Of searches, a tenant: 300 of a city with 40,000 nodes."""
OFF_M: Final = 1000.0
"""A place farther from any street is not on this network."""
OFF_MS: Final = 20 / 3.6 / 1.3
"""How fast the last metres to the street are, as the crow flies."""
CROSSING_M: Final = 250.0
"""A crossing that is shut closes the bridges and tunnels so near to it."""
_DEGREE_M: Final = 111_195.0


class Streets:
    """The network of one tenant with its searches. Any thread may ask."""

    def __init__(self, network: Network) -> None:
        import numpy as np
        import shapely

        self.network = network
        self._narrow = math.cos(math.radians(float(np.mean(network.lat))))
        self._tree = shapely.STRtree(shapely.points(network.lon * self._narrow, network.lat))
        self._kept: OrderedDict[tuple[int, object], Tree] = OrderedDict()
        self._bytes = 0
        self._shut: dict[object, Any] = {}
        self._lock = threading.Lock()

    def snap(self, places: Sequence[Position]) -> tuple[Array, Array]:
        """Of each place, the nearest node, and how far off it is in metres."""
        import numpy as np
        import shapely

        given = np.asarray(places, dtype=float).reshape(-1, 2)
        x, y = given[:, 0] * self._narrow, given[:, 1]
        nodes = self._tree.nearest(shapely.points(x, y)) if len(given) else np.zeros(0, dtype=np.int64)
        off = np.hypot(self.network.lon[nodes] * self._narrow - x, self.network.lat[nodes] - y) * _DEGREE_M
        return nodes, off

    def tree(self, node: int, closed: tuple[tuple[float, float, float, int], ...] = ()) -> Tree:
        """The search to a node, kept; `closed` as `what_is_closed` gives it."""
        key = (node, closed)
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return known
        made = backwards(self.network, node, self._edges(closed))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += made.size
            while self._bytes > KEPT_BYTES and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].size
        return made

    def _edges(self, closed: tuple[tuple[float, float, float, int], ...]) -> Any:
        if not closed:
            return None
        if closed not in self._shut:
            if len(self._shut) > 8:
                self._shut.clear()
            self._shut[closed] = self._within(closed)
        return self._shut[closed]

    def _within(self, closed: Iterable[tuple[float, float, float, int]]) -> Any:
        """Which edges come so near to a closed place; with flags, of those only bridges and tunnels."""
        import numpy as np

        network, shut = self.network, np.zeros(self.network.about.edges, dtype=bool)
        for lon, lat, radius_m, flags in closed:
            ax, ay = self._metres(network.start, lon, lat)
            bx, by = self._metres(network.end, lon, lat)
            dx, dy = bx - ax, by - ay
            length = np.maximum(dx * dx + dy * dy, 1e-9)
            t = np.clip(-(ax * dx + ay * dy) / length, 0.0, 1.0)
            near = np.hypot(ax + t * dx, ay + t * dy) <= radius_m
            shut |= near & ((network.flags & flags) != 0) if flags else near
        return shut

    def _metres(self, nodes: Any, lon: float, lat: float) -> tuple[Any, Any]:
        x = (self.network.lon[nodes] - lon) * self._narrow * _DEGREE_M
        return x, (self.network.lat[nodes] - lat) * _DEGREE_M


Closed = tuple[tuple[float, float, float, int], ...]


class ByRoad:
    """`Ways` on the streets, as they are open now; made anew for each proposal."""

    by_road = True

    def __init__(self, streets: Streets, closed: Closed, crow: Crow) -> None:
        self.streets, self.closed, self._crow = streets, closed, crow
        self._snapped: tuple[Sequence[Position], Any, Any] | None = None
        self._places: dict[Position, tuple[int, float]] = {}

    def seconds(self, starts: Sequence[Position], target: Position) -> Any:
        import numpy as np

        goal, goal_off = self._place(target)
        if not len(starts) or goal_off > OFF_M:
            return self._crow.seconds(starts, target)
        nodes, off = self._snap(starts)
        tree = self.streets.tree(goal, self.closed)
        found = tree.seconds[nodes] + (off + goal_off) / OFF_MS
        outside = off > OFF_M
        if outside.any():
            found = np.where(outside, self._crow.seconds(starts, target), found)
        return found

    def way(self, start: Position, target: Position) -> Way:
        (node, off), (goal, goal_off) = self._place(start), self._place(target)
        if max(off, goal_off) > OFF_M:
            return self._crow.way(start, target)
        tree = self.streets.tree(goal, self.closed)
        seconds = float(tree.seconds[node]) + (off + goal_off) / OFF_MS
        edges = path(self.streets.network, tree, node)
        return Way(seconds, float(self.streets.network.metres[edges].sum()) + off + goal_off, by_road=True)

    def line(self, start: Position, target: Position) -> list[Position]:
        """The way as a line, for a map; [] where there is none on the streets."""
        (node, off), (goal, goal_off) = self._place(start), self._place(target)
        if max(off, goal_off) > OFF_M:
            return []
        network, tree = self.streets.network, self.streets.tree(goal, self.closed)
        passed = [node, *(int(network.end[edge]) for edge in path(network, tree, node))]
        return [(float(network.lon[n]), float(network.lat[n])) for n in passed]

    def ready(self, target: Position) -> None:
        """Searches to a place now, so that it is there when it is asked for."""
        goal, off = self._place(target)
        if off <= OFF_M:
            self.streets.tree(goal, self.closed)

    def _place(self, place: Position) -> tuple[int, float]:
        """The nearest node of one place, and how far off it is."""
        if place not in self._places:
            nodes, off = self.streets.snap([place])
            self._places[place] = (int(nodes[0]), float(off[0]))
        return self._places[place]

    def _snap(self, starts: Sequence[Position]) -> tuple[Any, Any]:
        if self._snapped is None or self._snapped[0] is not starts:
            nodes, off = self.streets.snap(starts)
            self._snapped = (starts, nodes, off)
            self._places |= {p: (int(n), float(o)) for p, n, o in zip(starts, nodes, off, strict=True)}
        return self._snapped[1], self._snapped[2]


def what_is_closed(barriers: Iterable[Barrier], closures: Iterable[Closure], now: int) -> Closed:
    """(lon, lat, metres, flags) of all that is shut; flags: only bridges and tunnels there."""
    found = {(*c.position, c.radius_m, 0) for c in closures if c.holds(now)}
    found |= {(*c.position, CROSSING_M, BRIDGE | TUNNEL) for b in barriers for c in b.crossings if not c.is_open}
    return tuple(sorted(found))


def passable(barriers: Iterable[Barrier], closures: Iterable[Closure], now: int) -> list[Barrier]:
    """The barriers with those crossings shut that lie in a closure: for the crow's flight."""
    import msgspec

    from rhinecloud.base.geo import distance_m

    shut = [c for c in closures if c.holds(now)]

    def is_open(place: Position) -> bool:
        return all(distance_m(place, c.position) > c.radius_m for c in shut)

    return [
        msgspec.structs.replace(
            b,
            crossings=tuple(msgspec.structs.replace(c, is_open=c.is_open and is_open(c.position)) for c in b.crossings),
        )
        for b in barriers
    ]


class Roads:
    """The networks of all tenants, each in its folder. A file that was replaced is read again.

    Args:
        folder: DATA/tenants.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._streets: dict[str, tuple[int, Streets | None]] = {}
        self._lock = threading.Lock()

    def streets(self, tenant: str) -> Streets | None:
        """None: the tenant has loaded no extract. Raises: Unavailable: its file is broken."""
        file = self._folder / tenant / FILE
        try:
            stamp = file.stat().st_mtime_ns
        except FileNotFoundError:
            self._streets.pop(tenant, None)
            return None
        with self._lock:
            known = self._streets.get(tenant)
            if known is None or known[0] != stamp:
                known = self._streets[tenant] = (stamp, Streets(Network.load(file)))
            return known[1]

    def ways(
        self, tenant: str, barriers: Sequence[Barrier] = (), closures: Sequence[Closure] = (), now: int = 0
    ) -> ByRoad | Crow:
        """What answers for a tenant: its streets as they are open now, or the crow's flight."""
        crow = Crow(passable(barriers, closures, now))
        streets = self.streets(tenant)
        return crow if streets is None else ByRoad(streets, what_is_closed(barriers, closures, now), crow)

    def share(self, tenant: str, other: str) -> None:
        """Gives another tenant the same streets, where it has none: a drill drives where the city drives."""
        file, beside = self._folder / tenant / FILE, self._folder / other / FILE
        if file.exists() and (not beside.exists() or beside.stat().st_mtime_ns < file.stat().st_mtime_ns):
            whole = beside.with_suffix(".new")
            shutil.copyfile(file, whole)
            whole.replace(beside)

    def forget(self, tenant: str) -> None:
        self._streets.pop(tenant, None)
