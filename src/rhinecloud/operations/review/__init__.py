"""After an incident: times by their standard names, what was late or left out, findings with an owner and a date.

`intervals` names what is measured, `measuring` takes it from stamps that are there, `figures` sums up many incidents,
`findings` keeps what is to be done better, `desk` is where people ask. A stamp that is missing is counted, not guessed.
"""

from .declare import AskedFigures, Figures, Finding, Gap, Grouped, Interval, Measured, Story
from .desk import ReviewDesk
from .findings import STATES as FINDING_STATES
from .following import Measuring
from .intervals import INTERVALS

__all__ = [
    "FINDING_STATES",
    "INTERVALS",
    "AskedFigures",
    "Figures",
    "Finding",
    "Gap",
    "Grouped",
    "Interval",
    "Measured",
    "Measuring",
    "ReviewDesk",
    "Story",
]
