"""The rhythms that simulators are made of: hour, weekday, smooth seeded noise, and processes that remember.

All are pure functions of time: any instant can be asked for in any order. Noise is a hash of (seed, step), joined
smoothly, so that a month of it costs no memory. What remembers (a river, the soil) is computed forward from so long
before that it has forgotten where it began.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from hashlib import blake2b

from .calendar import moment


class Noise:
    """Smooth noise of zero mean and a reach of about ±1, which changes over `period_s`."""

    __slots__ = ("_first", "_key", "_second", "_step", "period_s")

    def __init__(self, seed: int, name: str, period_s: float) -> None:
        self._key = blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
        self.period_s = period_s
        self._step = -(2**62)  # time mostly goes on: the last two nodes are kept
        self._first = self._second = 0.0

    def __call__(self, at_s: float) -> float:
        number, part = divmod(at_s / self.period_s, 1.0)
        step = int(number)
        if step != self._step:
            self._first = self._second if step == self._step + 1 else self._node(step)
            self._second = self._node(step + 1)
            self._step = step
        return self._first + (self._second - self._first) * part * part * (3 - 2 * part)

    def _node(self, step: int) -> float:
        digest = blake2b(step.to_bytes(8, "big", signed=True), key=self._key, digest_size=4).digest()
        return int.from_bytes(digest, "big") / 0x7FFFFFFF - 1


def chance(seed: int, name: str, step: int = 0) -> float:
    """A number from 0 to 1 that (seed, name, step) decides, each as likely as another."""
    digest = blake2b(f"{seed}/{name}/{step}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


State = tuple[float, ...]


class Memory:
    """A process whose state follows from its last state: what runs off, dries, fills.

    Its steps lie on a grid and are joined by straight lines. A block of them is computed at once, from `forgets_s`
    before it; by then `start` must not matter any more, or two blocks would not meet.

    Args:
        step_s: between two states.
        forgets_s: how long it takes until nothing is left of `start`.
        advance: (state, instant of it in s) → the state one step later.
    """

    def __init__(
        self, step_s: float, forgets_s: float, start: State, advance: Callable[[State, float], State], steps: int = 512
    ) -> None:
        self._step_s, self._steps, self._start, self._advance = step_s, steps, start, advance
        self._before = math.ceil(forgets_s / step_s)
        self._blocks: dict[int, list[State]] = {}

    def __call__(self, at_s: float) -> State:
        number, part = divmod(at_s / self._step_s, 1.0)
        block, offset = divmod(int(number), self._steps)
        states = self._blocks.get(block) or self._computed(block)
        return tuple(a + (b - a) * part for a, b in zip(states[offset], states[offset + 1], strict=True))

    def _computed(self, block: int) -> list[State]:
        first = block * self._steps
        if (previous := self._blocks.get(block - 1)) is not None:
            state = previous[-1]  # what comes out from afar is the same, to what is forgotten
        else:
            state = self._start
            for step in range(first - self._before, first):
                state = self._advance(state, step * self._step_s)
        states = [state]
        for step in range(first, first + self._steps):
            states.append(self._advance(states[-1], step * self._step_s))
        if len(self._blocks) >= 64:
            del self._blocks[min(self._blocks)]
        self._blocks[block] = states
        return states


def hour_of_day(at_s: float) -> float:
    """Local hour with its fraction, 0 ≤ h < 24."""
    return moment(at_s).hour


def weekday(at_s: float) -> int:
    """Local day of the week, Monday 0 to Sunday 6."""
    return moment(at_s).day.weekday


def day_of_year(at_s: float) -> int:
    return moment(at_s).day.of_year


def bell(hour: float, centre: float, width: float) -> float:
    """A bump of height 1 around the hour `centre`, round the clock; `width` is its standard deviation in hours."""
    distance = (hour - centre + 12) % 24 - 12
    return math.exp(-0.5 * (distance / width) ** 2)
