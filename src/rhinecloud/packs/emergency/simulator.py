"""The units as devices: each tells its status and where it is, and takes orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rhinecloud.kit import Crew, Thing, World

from .crews import Unit, crew
from .models import VEHICLE
from .stations import STATIONS, UNITS, call_sign, unit_id

PROVIDER = "Rhine Cloud demo (simulated)"


def things(world: World) -> tuple[Thing, ...]:
    """Every simulated unit."""
    made = []
    for station, number, vehicle, agency, kind, aboard, _ in UNITS:
        title, place = STATIONS[station]
        name = unit_id(station, number, vehicle)
        people = crew(Unit(id=name, vehicle=vehicle, home=place, seed=world.seed, patrols=kind == "police"))
        made.append(
            Thing(
                device=name,
                name=call_sign(station, number, vehicle),
                type=VEHICLE.name,
                entity=f"urn:ngsi-ld:{VEHICLE.name}:{name}",
                location=place,
                interval_s=600,
                measure=_at_rest(people),
                crew=people,
                fixed={
                    "vehicleType": vehicle,
                    "agency": agency,
                    "crew": aboard,
                    "station": title,
                    "dataProvider": PROVIDER,
                },
                on_change=True,
            )
        )
    return tuple(made)


def _at_rest(people: Crew) -> Callable[[float], dict[str, Any]]:
    return lambda at_s: people.act((), at_s).values
