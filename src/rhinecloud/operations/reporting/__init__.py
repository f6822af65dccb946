"""The situation report: drafted from the log, completed by a person, released as a PDF that is kept, and told.

`declare` has its parts, `drafting` writes what is known, `sheet` and `chart` draw the document, `desk` is where people
ask for it. A report holds only what all that take part may read.
"""

from .actions import actions
from .chart import Ground
from .declare import PERSONS, Content, Figure, Line, Part, Released, Typed
from .desk import ReportDesk

__all__ = ["PERSONS", "Content", "Figure", "Ground", "Line", "Part", "Released", "ReportDesk", "Typed", "actions"]
