"""What a pack is made of; the only room that a pack imports.

In: declarations that a pack's author writes. Out: `Pack` values, found by `packs()`, and the parts of a simulator.
It must not know the web, HTTP or any store, and no particular pack.
"""

from rhinecloud.base.declare import Attribute, EntityType, Label, Model, Status, text, word
from rhinecloud.insight import Ahead, Change, Forecast, Indicator, Past, Rule, Step
from rhinecloud.operations import (
    Agency,
    Barrier,
    Centre,
    Crossing,
    Everyday,
    Happening,
    IncidentType,
    Inject,
    PlaybookStep,
    Responsibility,
    Scenario,
    Target,
    Trigger,
    UnitKind,
    Watch,
    When,
    Zone,
)
from rhinecloud.operations import Status as RadioStatus
from rhinecloud.operations import Unit as ServiceUnit

from .calendar import Day, Kind, Moment, moment
from .centres import seed_centres
from .check import Flaw, flaws
from .crew import Acting, Crew, Order, Orders, Reply
from .demo import Demo
from .events import KINDS, Event, EventKind, event
from .ground import Ground
from .pack import (
    Bad,
    Endpoint,
    Feed,
    Layer,
    Mapping,
    Pack,
    Panel,
    Parameter,
    Playbook,
    Publication,
    Reader,
    Thing,
    beside,
)
from .registry import Found, PackTrouble, discover, packs
from .rhythm import Memory, Noise, bell, chance, day_of_year, hour_of_day, weekday
from .simulation import Fleet, Simulation, fleet, write_told
from .switchboard import Decision, Switchboard
from .trials import trials
from .weather import Weather
from .world import World

__all__ = [
    "KINDS",
    "Acting",
    "Agency",
    "Ahead",
    "Attribute",
    "Bad",
    "Barrier",
    "Centre",
    "Change",
    "Crew",
    "Crossing",
    "Day",
    "Decision",
    "Demo",
    "Endpoint",
    "EntityType",
    "Event",
    "EventKind",
    "Everyday",
    "Feed",
    "Flaw",
    "Fleet",
    "Forecast",
    "Found",
    "Ground",
    "Happening",
    "IncidentType",
    "Indicator",
    "Inject",
    "Kind",
    "Label",
    "Layer",
    "Mapping",
    "Memory",
    "Model",
    "Moment",
    "Noise",
    "Order",
    "Orders",
    "Pack",
    "PackTrouble",
    "Panel",
    "Parameter",
    "Past",
    "Playbook",
    "PlaybookStep",
    "Publication",
    "RadioStatus",
    "Reader",
    "Reply",
    "Responsibility",
    "Rule",
    "Scenario",
    "ServiceUnit",
    "Simulation",
    "Status",
    "Step",
    "Switchboard",
    "Target",
    "Thing",
    "Trigger",
    "UnitKind",
    "Watch",
    "Weather",
    "When",
    "World",
    "Zone",
    "bell",
    "beside",
    "chance",
    "day_of_year",
    "discover",
    "event",
    "flaws",
    "fleet",
    "hour_of_day",
    "moment",
    "packs",
    "seed_centres",
    "text",
    "trials",
    "weekday",
    "word",
    "write_told",
]
