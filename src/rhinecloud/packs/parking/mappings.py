"""How a car park's counter says what it counted: flat JSON, with the model's own names.

{"observedAt": "2026-11-22T10:00:00Z", "availableSpotNumber": 132, "occupiedSpotNumber": 266, "occupancy": 0.67}
"""

from __future__ import annotations

from rhinecloud.kit import Label, Mapping

from .models import CAR_PARK, SPOT

MAPPINGS = (
    Mapping.flat(
        "parking.counter",
        Label(de="Zähler eines Parkhauses, flaches JSON", en="Counter of a car park, flat JSON"),
        CAR_PARK,
    ),
    Mapping.flat("parking.spot", Label(de="Stellplatzsensor, flaches JSON", en="Spot sensor, flat JSON"), SPOT),
)
