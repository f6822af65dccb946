"""Fills in the past of a simulated city through the temporal API, as a city brings the archive of its old system.

Devices do not do that themselves: what they send is judged by when it comes, and a year of it would rightly count as a
year late. Stretches are cut into windows, the newest first; one request brings one thing's evolution over a window. How
far it has come is kept in a file beside the child's, so that it goes on where it was stopped; sent again, it changes
nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.errors import Unavailable
from rhinecloud.base.telemetry import logger

from .faults import Faults
from .pack import Thing
from .simulation import Fill, Filled, Told

SLICE: Final = 30_000
"""Instances of one request: much of its cost is by the request, but while it is read the city does nothing else."""
POLITE: Final = 3_000
"""… where nobody waits for it, and nobody is to notice."""
_TRIES: Final = 8
LOCATION: Final = "location"

log = logger("kit")

Units = dict[tuple[str, str], str]  # (type, attribute) → UN/CEFACT code
Made = tuple[dict[str, Any], int]  # an evolution, and how many instances it has


class Progress(msgspec.Struct):
    """What is to be filled, and how many requests of it are done."""

    fills: list[Fill] = []
    done: int = 0  # of the first of `fills`
    instances: int = 0
    seconds: float = 0.0
    oldest_s: float = 0.0  # the past is filled from here on
    seen_s: float = 0.0  # until when devices were played


class Archive:
    """Fills one stretch after another, in a thread of its own.

    Args:
        file: where progress is kept.
        report: told from that thread how far it is.
    """

    def __init__(self, file: Path, report: Callable[[Filled], None]) -> None:
        self._file, self._report = file, report
        self.progress = _read(file)
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def stop(self) -> None:
        self._stop.set()

    def ask(self, fills: Sequence[Fill]) -> None:
        """Puts stretches behind those that are still to be filled."""
        with self._lock:
            self.progress.fills += fills
            self._save()

    def oldest(self) -> float:
        """From when on the past is filled in, or soon will be."""
        progress = self.progress
        return min([progress.oldest_s or math.inf, *(fill.from_s for fill in progress.fills)])

    def seen(self, now_s: float) -> None:
        """Notes until when devices were played, so that the next start knows what is missing."""
        with self._lock:
            self.progress.seen_s = now_s
            self._save()

    def run(self, told: Told, things: Sequence[Thing], faults: Faults, units: Units) -> None:
        """Fills what is to be filled; returns when all of it is there, or when stopped."""
        self._stop.clear()
        door, sending = Door(told), ThreadPoolExecutor(1, "archive")
        try:
            while not self._stop.is_set() and self.progress.fills:
                fill = self.progress.fills[0]
                self._fill(door, sending, fill, things, faults, units)
                if not self._stop.is_set():
                    with self._lock:
                        del self.progress.fills[0]
                        self.progress.done = 0
                        oldest = self.progress.oldest_s or fill.from_s
                        self.progress.oldest_s = min(oldest, fill.from_s)
                        self._save()
            self._tell("")
        except Unavailable as error:
            self._tell(error.detail)
            log.warning("archive_stopped", error=error.detail)
        finally:
            sending.shutdown()
            door.close()

    def _fill(
        self, door: Door, sending: Executor, fill: Fill, things: Sequence[Thing], faults: Faults, units: Units
    ) -> None:
        pieces = pieces_of(fill, things)
        began, saved, first = time.monotonic(), 0.0, self.progress.done

        def made(number: int) -> Made:
            thing, window = pieces[number]
            return evolution(thing, instants(window, fill.step_s), faults, units)

        following = made(first) if first < len(pieces) else ({}, 0)
        for number in range(first, len(pieces)):
            if self._stop.is_set():
                return
            started, window = time.monotonic(), pieces[number][1]
            sent = sending.submit(door.send, following)
            if number + 1 < len(pieces):
                following = made(number + 1)  # while the city takes the one before
            count = sent.result()
            now = time.monotonic()
            self.progress.instances += count
            self.progress.seconds += now - started
            self.progress.done = number + 1
            if now - saved > 1:
                saved = now
                with self._lock:
                    self._save()
                self._tell("", (number + 1) / len(pieces), window[0])
            pace = max(
                other.pace for other in self.progress.fills
            )  # somebody who waits for all of it is not kept waiting
            if pace < 1:
                self._stop.wait((now - started) * (1 / pace - 1))
        log.info("filled", from_=iso(round(fill.from_s) * SECOND), seconds=round(time.monotonic() - began, 1))

    def _tell(self, trouble: str, done: float = 1.0, from_s: float = 0.0) -> None:
        progress = self.progress
        oldest = from_s or progress.oldest_s
        self._report(Filled(done, len(progress.fills), oldest, progress.instances, round(progress.seconds, 1), trouble))

    def _save(self) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self.progress))
        fresh.replace(self._file)


def _read(file: Path) -> Progress:
    with contextlib.suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
        return msgspec.json.decode(file.read_bytes(), type=Progress)
    return Progress()  # the first start, or a torn file: what is there already is sent again, which changes nothing


def pieces_of(fill: Fill, things: Sequence[Thing]) -> list[tuple[Thing, tuple[float, float]]]:
    """What one request each brings: the newest window of every thing, then the next older one of every thing …

    Types of which there are few come first: a dozen of weather stations tell more of a city than a dozen of its meters.
    """
    chosen = [thing for thing in things if fill.of == "all" or thing.on_change == (fill.of == "changing")]
    many = Counter(thing.type for thing in chosen)
    chosen.sort(key=lambda thing: many[thing.type])
    cut = [(thing, list(windows_of(fill, _attributes(thing, fill)))) for thing in chosen]
    most = max((len(windows) for _, windows in cut), default=0)
    return [(thing, windows[number]) for number in range(most) for thing, windows in cut if number < len(windows)]


def _attributes(thing: Thing, fill: Fill) -> float:
    return 0.4 if thing.on_change else len(thing.measure(fill.to_s))


def windows_of(fill: Fill, attributes: float) -> Iterator[tuple[float, float]]:
    """The stretch cut into equal windows of some thousand instances of a thing, the newest first."""
    steps = (fill.to_s - fill.from_s) / fill.step_s
    count = max(1, math.ceil(steps * attributes / (SLICE if fill.pace == 1 else POLITE)))
    length = (fill.to_s - fill.from_s) / count
    for number in range(count):
        end = fill.to_s - number * length
        yield fill.from_s if number == count - 1 else end - length, end


def instants(window: tuple[float, float], step_s: float) -> list[float]:
    """The instants of a window on the grid of `step_s`, its end excluded."""
    first = -int(-window[0] // step_s)
    return [float(step * step_s) for step in range(first, -int(-window[1] // step_s))]


def evolution(thing: Thing, at: Sequence[float], faults: Faults, units: Units) -> Made:
    """A thing's temporal evolution at some instants, and how many instances it has.

    What never changes stands at the first instant, so that the thing is on the map of that time.
    """
    body: dict[str, Any] = {"id": thing.entity, "type": thing.type}
    device, before, count = thing.through or thing.device, None, 0
    for instant in at:
        if faults.silent(device, instant, thing.location):
            continue
        values = thing.measure(faults.frozen(device, instant))
        if thing.on_change and values == before:
            continue
        before = values
        said = faults.say(device, instant, values, next(iter(values), ""))
        observed = iso(round(said.at_s) * SECOND)
        for name, value in said.values.items():
            kind = "GeoProperty" if name == LOCATION else "Property"
            instance = {"type": kind, "value": value, "observedAt": observed}
            if (unit := units.get((thing.type, name))) is not None:
                instance["unitCode"] = unit
            body.setdefault(name, []).append(instance)
            count += 1
    if count:
        first = iso(round(at[0]) * SECOND)
        if LOCATION not in body:  # it stands where it stands
            place = {"type": "Point", "coordinates": list(thing.location)}
            body[LOCATION] = {"type": "GeoProperty", "value": place, "observedAt": first}
        for name, value in {"name": thing.name, **thing.fixed}.items():
            body[name] = {"type": "Property", "value": value, "observedAt": first}
            if (unit := units.get((thing.type, name))) is not None:
                body[name]["unitCode"] = unit
    return body, count


class Door:
    """The temporal API of a city.

    Source: ETSI GS CIM 009, 5.6.11, 6.18.3.1 (create or update temporal representation of an entity).
    """

    def __init__(self, told: Told) -> None:
        parts = urlsplit(told.url)
        self._made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._address = parts.netloc
        self._headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {told.token}",
            "NGSILD-Tenant": told.tenant,
        }
        self._wire: http.client.HTTPConnection | None = None

    def send(self, made: Made) -> int:
        """Sends an evolution; gives how many instances it had.

        Raises:
            Unavailable: the city does not take it, also when asked again.
        """
        body, count = made
        if not count:
            return 0
        said = ""
        for attempt in range(_TRIES):
            try:
                status, said = self._post(msgspec.json.encode(body))
            except (OSError, http.client.HTTPException) as error:
                status, said = 503, repr(error)
                self.close()
            if status in (201, 204):
                return count
            if status < 500 and status != 429:
                break
            time.sleep(0.25 * 2**attempt)
        raise Unavailable(f"The city did not take the past of {quote(body['id'], safe=':')}: {said[:300]}")

    def _post(self, body: bytes) -> tuple[int, str]:
        if self._wire is None:
            self._wire = self._made(self._address, timeout=60)
        self._wire.request("POST", "/ngsi-ld/v1/temporal/entities", body, self._headers)
        answer = self._wire.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None
