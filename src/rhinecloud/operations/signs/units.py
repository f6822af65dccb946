"""The tactical sign of a unit: colour by its kind, figure by what it can do, letters by its name."""

from __future__ import annotations

import re
from typing import Final

from rhinecloud.operations.declare import Unit

_KINDS: Final = {
    "fire": ("fire", "firefighting"),
    "ambulance": ("relief", "medical"),
    "relief": ("relief", "care"),
    "police": ("police", ""),
    "thw": ("thw", "technical"),
    "water-rescue": ("relief", "water-rescue"),
    "works": ("authority", "clearing"),
    "dike": ("authority", "dike"),
}
_LETTERS: Final = re.compile(r"[^\W\d_]{2,5}")
# What a unit is known for, whatever its kind: the first that its name or its capabilities say.
_WORDS: Final = {
    "DLK": ("vehicle", "heights"),
    "ELW": ("vehicle", "command"),
    "KdoW": ("vehicle", "command"),
    "NEF": ("vehicle", "doctor"),
    "RTH": ("helicopter", ""),
    "FLB": ("boat", "firefighting"),
    "MZB": ("boat", "boats"),
    "RTB": ("boat", "water-rescue"),
    "RW": ("vehicle", "technical"),
    "GW-G": ("vehicle", "hazmat"),
}


def of_unit(unit: Unit) -> str:
    """The key of a sign that always exists."""
    organisation, task = _KINDS.get(unit.kind, ("civil", ""))
    base, known = "vehicle", (unit.name, *unit.capabilities)
    for word, (shape, does) in _WORDS.items():
        if any(word in re.split(r"[\s/]+", text) for text in known):
            base, task = shape, does
            break
    found = _LETTERS.match(unit.name)
    letters = f"~{found[0]}" if found and base == "vehicle" else ""
    return f"{base}.{organisation}.{task or '-'}.-{letters}"
