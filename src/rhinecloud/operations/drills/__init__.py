"""The demo city's everyday, and drills by scenario in a tenant of their own."""

from .book import is_for_drills, mark
from .control import Control
from .declare import Assessment, Drill, Happening, IncidentTime, Inject, Played, Scenario, StepTime
from .desk import LEAD, DrillDesk
from .everyday import Routine
from .furnishing import furnish

__all__ = [
    "LEAD",
    "Assessment",
    "Control",
    "Drill",
    "DrillDesk",
    "Happening",
    "IncidentTime",
    "Inject",
    "Played",
    "Routine",
    "Scenario",
    "StepTime",
    "furnish",
    "is_for_drills",
    "mark",
]
