"""All that a planner works with, under one name: what is declared, alarm plans, duty, the staffs, the streets."""

from .alarm import LEVELS, AlarmPlan, Area, Closure, Hours, PlanNeed
from .declare import Automatic
from .declaring import DeclaringDesk, capabilities, name_of
from .duty.desk import DutyDesk
from .duty.roster import Gap, recipients
from .plans.ahead import Ahead
from .plans.applying import Use
from .plans.automatic import Automatic as Dispatcher
from .plans.choosing import Fit, above, asked, choose
from .plans.cover import Cover, Nearest
from .plans.desk import PlanDesk
from .plans.escalating import Escalation
from .plans.findings import Finding, find
from .posts import STAFFS, Convened, Duty, Holder, Post, StaffFunction
from .roads.importing import import_extract, known_of
from .roads.importing import remove as remove_extract
from .roads.network import About
from .roads.streets import ByRoad, Roads
from .versions import Version

__all__ = [
    "LEVELS",
    "STAFFS",
    "About",
    "Ahead",
    "AlarmPlan",
    "Area",
    "Automatic",
    "ByRoad",
    "Closure",
    "Convened",
    "Cover",
    "DeclaringDesk",
    "Dispatcher",
    "Duty",
    "DutyDesk",
    "Escalation",
    "Finding",
    "Fit",
    "Gap",
    "Holder",
    "Hours",
    "Nearest",
    "PlanDesk",
    "PlanNeed",
    "Post",
    "Roads",
    "StaffFunction",
    "Use",
    "Version",
    "above",
    "asked",
    "capabilities",
    "choose",
    "find",
    "import_extract",
    "known_of",
    "name_of",
    "recipients",
    "remove_extract",
]
