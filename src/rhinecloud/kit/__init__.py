"""What a pack is made of; the only room that a pack imports.

In: declarations that a pack's author writes. Out: `Pack` values, found by `packs()`, and the parts of a simulator.
It must not know the web, HTTP or any store, and no particular pack.
"""

from rhinecloud.base.declare import Attribute, EntityType, Label, Model, Status

from .pack import Bad, Feed, Layer, Mapping, Pack, Panel, Playbook, Publication, Reader, Thing, beside
from .registry import packs
from .rhythm import Noise, bell, day_of_year, hour_of_day, weekday
from .simulation import Fleet, Simulation, fleet, write_credentials
from .switchboard import Decision, Switchboard

__all__ = [
    "Attribute",
    "Bad",
    "Decision",
    "EntityType",
    "Feed",
    "Fleet",
    "Label",
    "Layer",
    "Mapping",
    "Model",
    "Noise",
    "Pack",
    "Panel",
    "Playbook",
    "Publication",
    "Reader",
    "Simulation",
    "Status",
    "Switchboard",
    "Thing",
    "bell",
    "beside",
    "day_of_year",
    "fleet",
    "hour_of_day",
    "packs",
    "weekday",
    "write_credentials",
]
