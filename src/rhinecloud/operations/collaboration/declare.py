"""What people of one incident give each other: messages, decisions, requests, tasks, handovers.

Their words are the content of an entry of the log (`seq`). Of an entry that was erased the words are "" and `erased`
is true; one that is not for the reader is not given at all.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Priority = Literal["routine", "immediate", "flash"]
PRIORITIES: Final[tuple[Priority, ...]] = ("routine", "immediate", "flash")
"""Einfach: in the order of arrival. Sofort: before those. Blitz: interrupts."""
Direction = Literal["in", "out"]
Means = Literal["radio", "telephone", "mail", "spoken", "runner", "system"]
MEANS: Final[tuple[Means, ...]] = ("radio", "telephone", "mail", "spoken", "runner", "system")
SIGHT_S: Final[dict[Priority, float]] = {"flash": 60.0, "immediate": 300.0, "routine": 1800.0}
"""How long a message may wait for whoever distributes it."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside an entry."""

    sha256: str
    name: str
    type: str  # media type, found in the content
    size: int  # bytes


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is taken in or sent (Nachrichtenvordruck)."""

    text: str
    sender: str
    to: str = ""
    direction: Direction = "in"
    priority: Priority = "routine"
    why: str = ""  # of a flash message
    means: Means = "system"
    at_us: int | None = None  # when it came or went; None: now
    function: str = ""  # of who writes it down
    readers: tuple[str, ...] = ()  # agencies; (): all that take part


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A function that a message was given to."""

    function: str
    action: bool  # to act on; False: to know
    sent_us: int
    seen_us: int | None
    seen_by: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its reader sees it. Not sighted: nobody has distributed it yet."""

    id: int
    incident: str
    number: int
    seq: int
    direction: Direction
    priority: Priority
    taken_us: int
    at_us: int
    due_us: int | None
    sighted_us: int | None
    sighted_by: str
    copies: tuple[Copy, ...]
    erased: bool
    readers: tuple[str, ...]
    text: str = ""
    sender: str = ""
    to: str = ""
    why: str = ""
    means: Means = "system"
    name: str = ""  # who wrote it down
    files: tuple[File, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, and why."""

    id: int
    incident: str
    number: int
    seq: int
    made_us: int
    pinned: bool
    replaced_by: int  # number of the decision that took its place; 0: it stands
    erased: bool
    readers: tuple[str, ...]
    text: str = ""
    reasons: str = ""
    name: str = ""
    function: str = ""


RequestState = Literal["asked", "offered", "accepted", "arrived", "declined", "withdrawn"]


class RequestStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a request, with what was said."""

    state: RequestState
    at_us: int
    who: str
    name: str
    text: str
    seq: int


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One agency asks another for something."""

    id: int
    incident: str
    number: int
    seq: int
    asking: str
    asked: str
    state: RequestState
    made_us: int
    due_us: int | None
    late: bool
    version: int
    erased: bool
    readers: tuple[str, ...]
    text: str = ""
    steps: tuple[RequestStep, ...] = ()


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do, outside playbooks. `owner`: an agency, a function or a person, as it is read."""

    id: int
    incident: str
    number: int
    seq: int
    owner: str
    state: Literal["open", "done", "dropped"]
    made_us: int
    due_us: int | None
    late: bool
    ended_us: int | None
    ended_by: str
    version: int
    erased: bool
    readers: tuple[str, ...]
    text: str = ""
    note: str = ""  # of its end


class OpenPoints(msgspec.Struct, frozen=True, kw_only=True):
    """What is not done when a shift ends, by number; the words stand where they belong."""

    tasks: tuple[int, ...] = ()
    requests: tuple[int, ...] = ()
    messages: tuple[int, ...] = ()  # not distributed
    steps: int = 0  # open steps of playbooks
    units: tuple[str, ...] = ()  # call signs at work


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """One shift hands over to the next: given and signed by one, taken and signed by another person."""

    id: int
    incident: str
    number: int
    seq: int
    giver: str
    function: str
    given_us: int
    state: Literal["given", "taken", "withdrawn"]
    taker: str
    taken_us: int | None
    erased: bool
    readers: tuple[str, ...]
    text: str = ""
    name: str = ""  # of the giver
    taker_name: str = ""
    remark: str = ""  # of the taker
    open: OpenPoints = OpenPoints()
