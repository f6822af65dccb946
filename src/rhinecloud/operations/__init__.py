"""What people do about it: incidents, units and who goes where, the log, playbooks.

In: reports, alerts, statuses of units, decisions of people. Out: incidents with their log, assignments, running
playbooks, news of all of it, an entity an incident. It must not know HTTP requests, nor what a screen looks like.
"""

from . import collaboration, cot, drills, life, picture, planning, playing, reporting, review, signs, telling, warnings
from .action import Action, Argument
from .assignments import Pick
from .boards import BoardDesk, Strip, Tile
from .clocks import Clock
from .commanding import Meaning
from .declare import (
    SEVERITIES,
    URGENCIES,
    Agency,
    Assignment,
    Everyday,
    Incident,
    IncidentType,
    Need,
    News,
    Place,
    PlaybookStep,
    PlaybookVersion,
    Responsibility,
    Run,
    RunStep,
    Section,
    Seen,
    Speech,
    Status,
    Target,
    Trigger,
    Unit,
    UnitKind,
    Watch,
    When,
)
from .deeds import Deed
from .desk import Desk
from .drills import Happening, Inject, Routine, Scenario
from .entities import ENTITIES
from .following import Follower
from .incidents import Report
from .moving import Part
from .proposing import Choice, Proposal
from .retiring import Retiring
from .room import Operations
from .searching import Asked
from .seat import Seat
from .seeding import Centre
from .travel import Barrier, Crossing, Zone

__all__ = [
    "ENTITIES",
    "SEVERITIES",
    "URGENCIES",
    "Action",
    "Agency",
    "Argument",
    "Asked",
    "Assignment",
    "Barrier",
    "BoardDesk",
    "Centre",
    "Choice",
    "Clock",
    "Crossing",
    "Deed",
    "Desk",
    "Everyday",
    "Follower",
    "Happening",
    "Incident",
    "IncidentType",
    "Inject",
    "Meaning",
    "Need",
    "News",
    "Operations",
    "Part",
    "Pick",
    "Place",
    "PlaybookStep",
    "PlaybookVersion",
    "Proposal",
    "Report",
    "Responsibility",
    "Retiring",
    "Routine",
    "Run",
    "RunStep",
    "Scenario",
    "Seat",
    "Section",
    "Seen",
    "Speech",
    "Status",
    "Strip",
    "Target",
    "Tile",
    "Trigger",
    "Unit",
    "UnitKind",
    "Watch",
    "When",
    "Zone",
    "collaboration",
    "cot",
    "drills",
    "life",
    "picture",
    "planning",
    "playing",
    "reporting",
    "review",
    "signs",
    "telling",
    "warnings",
]
