"""Playbooks at work: what hangs on readings, what alerts ask for, what steps do by themselves."""

from .actions import actions
from .around import Around
from .desk import Going, PlaybookDesk, Tried
from .follower import Playing
from .offers import Offer
from .watching import Reading, look, reading

__all__ = [
    "Around",
    "Going",
    "Offer",
    "PlaybookDesk",
    "Playing",
    "Reading",
    "Tried",
    "actions",
    "look",
    "reading",
]
