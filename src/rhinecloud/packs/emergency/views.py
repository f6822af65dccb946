"""What the screens show of units."""

from __future__ import annotations

from rhinecloud.kit import Label, Layer, Panel

from .models import VEHICLE

LAYERS = (Layer(type=VEHICLE.name, label=VEHICLE.plural, cluster=False),)

PANELS = (
    Panel(
        type=VEHICLE.name,
        title=Label(de="Jetzt", en="Now"),
        kind="figures",
        attributes=("radioStatus", "speed", "heading", "vehicleType", "station", "crew"),
    ),
)
