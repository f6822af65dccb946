"""How this pack's devices say what they measured: flat JSON, with the model's own names and units.

{"observedAt": "2026-11-22T10:00:00Z", "height": 3.12, "flow": 1480}
"""

from __future__ import annotations

from rhinecloud.kit import EntityType, Label, Mapping

from .models import AIR, NOISE, WATER, WEATHER


def _flat(kind: EntityType) -> Mapping:
    return Mapping.flat(
        f"environment.{kind.name}", Label(de=f"{kind.label.de}, flaches JSON", en=f"{kind.label.en}, flat JSON"), kind
    )


MAPPINGS = tuple(_flat(kind) for kind in (WATER, WEATHER, AIR, NOISE))
