"""A network of streets as arrays: made of an extract, kept in one file, searched backwards from a scene.

Nodes are junctions, ends of streets, and points so close together that a unit on its way is found where it is. Only
what hangs together both ways is kept, so that no unit is found in a car park from which no way leads out.
"""

from __future__ import annotations

import io
import math
import os
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Unavailable
from rhinecloud.base.geo import distance_m

from .reading import PIECE_M, Stretch

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

FILE: Final = "roads.npz"
_ARRAYS: Final = ("lon", "lat", "head", "start", "seconds", "metres", "flags")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Where a network came from, and how large it is."""

    name: str  # of the file
    sha256: str
    dated: str  # of the extract, as it says itself
    imported_us: int
    nodes: int
    edges: int
    kilometres: float
    left_out: int  # nodes that hang together with nothing
    bounds: tuple[float, float, float, float]


class Network:
    """`head[n]` to `head[n + 1]` are the edges that lead *to* node n: `start` is where each comes from."""

    def __init__(self, about: About, arrays: dict[str, Array]) -> None:
        self.about = about
        self.lon, self.lat = arrays["lon"], arrays["lat"]
        self.head, self.start = arrays["head"], arrays["start"]
        self.seconds, self.metres, self.flags = arrays["seconds"], arrays["metres"], arrays["flags"]

    @cached_property
    def end(self) -> Array:
        """To which node each edge leads."""
        import numpy as np

        return np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.head))

    @property
    def nodes(self) -> int:
        return len(self.lon)

    def save(self, file: Path) -> None:
        """Writes it whole or not at all."""
        import numpy as np

        body = io.BytesIO()
        about = np.frombuffer(msgspec.json.encode(self.about), dtype=np.uint8)
        np.savez_compressed(body, about=about, **{name: getattr(self, name) for name in _ARRAYS})
        beside = file.with_suffix(".new")
        beside.write_bytes(body.getvalue())
        with beside.open("rb") as stream:
            os.fsync(stream.fileno())
        beside.replace(file)

    @classmethod
    def load(cls, file: Path) -> Network:
        """Raises: Unavailable: the file is broken."""
        import numpy as np

        try:
            with np.load(file, allow_pickle=False) as kept:
                about = msgspec.json.decode(kept["about"].tobytes(), type=About)
                return cls(about, {name: kept[name] for name in _ARRAYS})
        except (OSError, ValueError, KeyError, msgspec.MsgspecError) as error:
            raise Unavailable(f"The road network in {file.name} cannot be read; import the extract again") from error


def build(given: Iterable[Stretch], *, name: str, sha256: str, dated: str, now: int) -> Network:
    """The network of these streets. Raises: BadRequestData: there are none."""
    import numpy as np

    streets = list(given)
    if not streets:
        raise BadRequestData(f"{name} has no streets on which vehicles drive")
    used = Counter(n for s in streets for n in s.nodes)
    used.update(end for s in streets for end in (s.nodes[0], s.nodes[-1]))
    pieces = [piece for s in streets for piece in _pieces(s, used)]
    numbers: dict[object, int] = {}
    places: list[tuple[float, float]] = []
    ends: list[tuple[int, int]] = []
    for begin, end, _, _, _ in pieces:
        for key, place in (begin, end):
            if key not in numbers:
                numbers[key] = len(places)
                places.append(place)
        ends.append((numbers[begin[0]], numbers[end[0]]))
    seconds = np.array([metres / street.speed_ms for _, _, metres, street, _ in pieces])
    metres = np.array([m for _, _, m, _, _ in pieces])
    flags = np.array([s.flags for _, _, _, s, _ in pieces], dtype=np.uint8)
    between = np.array(ends, dtype=np.int64)
    forward = np.array([s.forward for _, _, _, s, _ in pieces], dtype=bool)
    backward = np.array([s.backward for _, _, _, s, _ in pieces], dtype=bool)
    start = np.concatenate([between[forward, 0], between[backward, 1]])
    end = np.concatenate([between[forward, 1], between[backward, 0]])
    both = [np.concatenate([a[forward], a[backward]]) for a in (seconds, metres, flags)]
    keep = _largest(len(places), start, end)
    renumber = np.cumsum(keep) - 1
    there = keep[start] & keep[end]
    start, end = renumber[start[there]], renumber[end[there]]
    order = np.lexsort((start, end))
    lonlat = np.array(places)[keep]
    arrays = {
        "lon": lonlat[:, 0],
        "lat": lonlat[:, 1],
        "head": np.searchsorted(end[order], np.arange(len(lonlat) + 1)).astype(np.int32),
        "start": start[order].astype(np.int32),
        "seconds": both[0][there][order].astype(np.float32),
        "metres": both[1][there][order].astype(np.float32),
        "flags": both[2][there][order],
    }
    about = About(
        name=name,
        sha256=sha256,
        dated=dated,
        imported_us=now,
        nodes=len(lonlat),
        edges=len(order),
        kilometres=round(float(metres[keep[between].all(axis=1)].sum()) / 1000, 1),
        left_out=int((~keep).sum()),
        bounds=(*lonlat.min(axis=0).tolist(), *lonlat.max(axis=0).tolist()),
    )
    return Network(about, arrays)


def _pieces(street: Stretch, used: Counter[int]) -> Iterable[tuple[Any, Any, float, Stretch, int]]:
    """A street cut at junctions, and where it is long without one: (begin, end, metres, street, number)."""
    begin, metres = 0, 0.0
    for n in range(1, len(street.nodes)):
        metres += distance_m(street.places[n - 1], street.places[n])
        last = n == len(street.nodes) - 1
        if last or used[street.nodes[n]] > 1 or metres >= PIECE_M:
            yield from _cut(street, begin, n, metres)
            begin, metres = n, 0.0


def _cut(street: Stretch, begin: int, end: int, metres: float) -> Iterable[tuple[Any, Any, float, Stretch, int]]:
    """A piece between two nodes of the extract; one that is straight and long gets places of its own between."""
    parts = max(1, math.ceil(metres / PIECE_M)) if end == begin + 1 else 1
    (x0, y0), (x1, y1) = street.places[begin], street.places[end]
    keys: list[Any] = [street.nodes[begin], *((street.nodes[begin], street.nodes[end], k) for k in range(1, parts))]
    keys.append(street.nodes[end])
    places = [(x0 + (x1 - x0) * k / parts, y0 + (y1 - y0) * k / parts) for k in range(parts + 1)]
    for k in range(parts):
        yield (keys[k], places[k]), (keys[k + 1], places[k + 1]), metres / parts, street, k


def _largest(nodes: int, start: Array, end: Array) -> Array:
    """Which nodes belong to the largest part in which every node is reached from every other one.

    It is what is reached both ways from a node of it; the first node of which that is more than half of all it touches
    is one (or the best of a few tries is taken).
    """
    import numpy as np

    rng = np.random.default_rng(1)
    best = np.zeros(nodes, dtype=bool)
    degree = np.bincount(end, minlength=nodes)
    for candidate in [int(degree.argmax()), *rng.integers(0, nodes, 12).tolist()]:
        if best[candidate]:
            continue
        part = _reached(nodes, start, end, candidate) & _reached(nodes, end, start, candidate)
        if part.sum() > best.sum():
            best = part
        if best.sum() > nodes / 2:
            break
    return best


def _reached(nodes: int, start: Array, end: Array, source: int) -> Array:
    import numpy as np

    order = np.argsort(start, kind="stable")
    ends = end[order]
    head = np.searchsorted(start[order], np.arange(nodes + 1))
    seen = np.zeros(nodes, dtype=bool)
    seen[source] = True
    front = np.array([source])
    while len(front):
        edges = gather(head, front)
        new = ends[edges]
        new = np.unique(new[~seen[new]])
        seen[new] = True
        front = new
    return seen


def gather(head: Array, nodes: Array) -> Array:
    """The numbers of all edges of these nodes, node by node."""
    import numpy as np

    first, count = head[nodes], head[nodes + 1] - head[nodes]
    total = int(count.sum())
    if not total:
        return np.zeros(0, dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(count)[:-1]])
    return np.repeat(first - before, count) + np.arange(total)
