"""Tactical signs: our own drawings after the grammar of DV 102.

A sign is put together: a base shape says what stands there (a unit, a command post, a place, a person, a danger), its
colour whose it is, the figure inside what it does, the marks above how large it is, two or three letters what kind.
`grammar` has the parts, `catalogue` the signs that have a name, `svg` draws. Source: DV 102, Taktische Zeichen im
Bevölkerungsschutz; where services differ from it, theirs count: these are pictures, and the name stands beside them.
"""

from .catalogue import CATALOGUE, GROUPS, Named, label, read
from .grammar import BASES, ORGANISATIONS, SIZES, TASKS, Base, Organisation, Sign, Size, Task
from .svg import HEIGHT, WIDTH, svg
from .units import of_unit

__all__ = [
    "BASES",
    "CATALOGUE",
    "GROUPS",
    "HEIGHT",
    "ORGANISATIONS",
    "SIZES",
    "TASKS",
    "WIDTH",
    "Base",
    "Named",
    "Organisation",
    "Sign",
    "Size",
    "Task",
    "label",
    "of_unit",
    "read",
    "svg",
]
