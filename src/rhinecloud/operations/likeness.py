"""Which incidents may be the same one: near in place, time and words. A suggestion with its reasons, never more."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.geo import distance_m

from .declare import Incident

NEAR_M = 500.0
"""Beyond it two places are not the same. (FixMyStreet asks within 50 m; a click and a caller's address differ more.)"""
SOON_S = 2 * 3600.0
LIKELY = 0.45
_WORD = re.compile(r"\w{3,}")
_EMPTY = frozenset(
    (
        *("der", "die", "das", "und", "ein", "eine", "einer", "auf", "bei", "mit", "von", "vor", "aus", "dem", "den"),
        *("des", "ist", "the", "and", "with", "from", "for"),
    )
)


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """How like another incident is, 0 to 1, and why."""

    incident: Incident
    score: float
    distance_m: float | None  # None: one of them has no place
    apart_s: float
    words: tuple[str, ...]  # that both have
    same_type: bool


def words(*texts: str) -> frozenset[str]:
    """The words of a text by which it is compared."""
    return frozenset(w for text in texts for w in _WORD.findall(text.casefold())) - _EMPTY


def likely(incident: Incident, others: Iterable[Incident], most: int = 5) -> list[Likeness]:
    """Those of the others that may be the same incident, the likeliest first. Drills are never like real ones."""
    found = (like(incident, o) for o in others if o.id != incident.id and o.exercise == incident.exercise)
    return sorted((f for f in found if f.score >= LIKELY), key=lambda f: (-f.score, f.incident.id))[:most]


def like(incident: Incident, other: Incident) -> Likeness:
    """Place counts for half (nothing beyond 500 m), words, time and type for the rest.

    Without a place on both sides, words count for all of it: the same address in both is then a strong sign.
    """
    mine, theirs = (words(i.title, i.text, i.place.address) for i in (incident, other))
    shared = mine & theirs
    of_words = len(shared) / min(len(mine), len(theirs)) if mine and theirs else 0.0
    apart = abs(incident.reported_us - other.reported_us) / SECOND
    of_time = max(0.0, 1 - apart / SOON_S)
    same_type = incident.type == other.type
    here, there = incident.place.location, other.place.location
    distance = distance_m(here, there) if here and there else None
    if distance is None:
        score = 0.7 * of_words + 0.15 * of_time + 0.15 * same_type
    else:
        of_place = math.exp(-distance / 150) if distance <= NEAR_M else -1.0
        score = 0.5 * of_place + 0.25 * of_words + 0.1 * of_time + 0.15 * same_type
    if apart > SOON_S:
        score *= math.exp(1 - apart / SOON_S)
    return Likeness(
        incident=other,
        score=round(max(0.0, score), 3),
        distance_m=distance,
        apart_s=apart,
        words=tuple(sorted(shared)),
        same_type=same_type,
    )
