"""The tables of operations.db, a step an area, as `migrate` takes them. A step that was released never changes: what an
area needs later is a further step at the end.
"""

from __future__ import annotations

from . import boards, collaboration, cot, drills, first, picture, plans, playing, reporting, review, telling, warnings

SCHEMA = (
    first.TABLES,
    plans.TABLES,
    telling.TABLES,
    boards.TABLES,
    picture.TABLES,
    collaboration.TABLES,
    playing.TABLES,
    warnings.TABLES,
    reporting.TABLES,
    review.TABLES,
    drills.TABLES,
    cot.TABLES,
)
