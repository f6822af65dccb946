"""Warnings of the public (CAP 1.2), from composing to publishing, and those of others, from their feeds in.

In: drafts of people, documents of other warners. Out: messages that two people have seen to, byte by byte, at
addresses that stay; entities; news. It must not know HTML, nor how subscribers are told (`telling`).
"""

from .areas import joined, outline
from .cap import Info, Message, Named, at_us
from .chains import NotReady
from .declare import (
    KINDS,
    LANGUAGES,
    Chain,
    Draft,
    Handover,
    Look,
    Prepared,
    Profile,
    Template,
    Words,
    Zone,
)
from .desk import WarningDesk
from .exposure import Exposure, Group
from .feeds import CapFeed, FeedState
from .incoming import Examined, Received, Refused, Taken, Wanted, examine
from .mowas import LONGEST, TABLE, Field, fields, level_of, phone
from .public import Board, Shown, atom, cap_address, geojson
from .reading import read
from .room import Here, Warnings
from .rules import Fault

__all__ = [
    "KINDS",
    "LANGUAGES",
    "LONGEST",
    "TABLE",
    "Board",
    "CapFeed",
    "Chain",
    "Draft",
    "Examined",
    "Exposure",
    "Fault",
    "FeedState",
    "Field",
    "Group",
    "Handover",
    "Here",
    "Info",
    "Look",
    "Message",
    "Named",
    "NotReady",
    "Prepared",
    "Profile",
    "Received",
    "Refused",
    "Shown",
    "Taken",
    "Template",
    "Wanted",
    "WarningDesk",
    "Warnings",
    "Words",
    "Zone",
    "at_us",
    "atom",
    "cap_address",
    "examine",
    "fields",
    "geojson",
    "joined",
    "level_of",
    "outline",
    "phone",
    "read",
]
