"""What is told, to whom, how, and what became of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

Channel = Literal["web", "mqtt", "webhook", "email"]
CHANNELS: Final[tuple[Channel, ...]] = ("web", "mqtt", "webhook", "email")
Priority = Literal["routine", "immediate", "flash"]
"""Einfach, Sofort, Blitz: what goes first where several wait."""
PRIORITIES: Final[tuple[Priority, ...]] = ("routine", "immediate", "flash")
Wanted = Literal["", "received", "read", "accepted"]
"""The mark that is waited for; "": none."""
DeliveryState = Literal[
    "waiting", "sent", "received", "read", "accepted", "declined", "failed", "stopped"
]  # stopped: it was not needed any more, or may not go out on this way
Mark = Literal["sent", "received", "read", "accepted", "declined"]
MARKS: Final[tuple[Mark, ...]] = ("sent", "received", "read", "accepted", "declined")
ALL: Final = "*"
NEWS: Final = "news"
"""What incidents' news are told as to systems of agencies; not itself news, and not in lists of messages."""


class Text(msgspec.Struct, frozen=True):
    """What people read, in one language. `subject` is one line."""

    subject: str
    body: str = ""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes along where the channel carries files (e-mail). `data` is kept by its SHA-256."""

    name: str
    media_type: str
    data: bytes = b""
    sha256: str = ""


class Tell(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be told: what an area hands over, with `tell`, in the transaction that makes it true.

    `to` names recipients: ``unit:<id>``, ``agency:<id>``, ``person:<id>``, ``list:<name>`` (whoever has a way declared
    under that name) and ``mailto:<address>``. Which ways they have is looked up when it goes out. Others may be taught
    (`Telling.resolvers`), such as ``duty:<function>``.

    A drill never leaves by e-mail or webhook, but on ways that are declared for exercises; every text says the word.
    """

    key: str  # the same key again is the same message and told once: "warning:<id>:<version>"
    about: str  # "order", "warning", "report", "request", "message", "news", …: what ways choose by
    to: tuple[str, ...]
    text: Mapping[str, Text] = {}  # by language: "de", "en"
    data: Mapping[str, Any] = {}  # for programs: the JSON of webhook and MQTT
    channels: tuple[Channel, ...] = ()  # (): every way that the recipient has
    priority: Priority = "routine"
    subject: str = ""  # what it is about: an assignment's, a warning's id
    incident: str = ""
    exercise: bool = False  # an incident that is one counts anyway
    attachments: tuple[Attachment, ...] = ()
    path: str = ""  # the page where people read on, as "/incidents/<id>"
    wanted: Wanted = ""
    within_s: float = 0  # how long `wanted` may take; then it climbs to the next of `then`
    then: tuple[tuple[str, ...], ...] = ()
    agencies: tuple[str, ...] = ()  # who may see it in the list; (): those of the incident


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed over, as it stands."""

    id: int
    given: Tell
    made_us: int
    made_by: str
    exercise: bool
    stage: int  # how often it climbed
    climb_us: int | None  # when it climbs next
    ended_us: int | None  # it is not told any more


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one recipient on one way. At least once: `id` is the same at every attempt, and `doubts` counts
    attempts whose outcome nobody knows, since the process died meanwhile."""

    id: str
    told: int
    recipient: str
    way: int | None
    channel: Channel
    address: str
    language: str
    state: DeliveryState
    made_us: int
    next_us: int | None
    attempts: int
    doubts: int
    sent_us: int | None
    received_us: int | None
    read_us: int | None
    answered_us: int | None
    answered_by: str
    reason: str  # of a decline, of the last failure


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try. An outcome of "unknown": the process died before it was known."""

    number: int
    begun_us: int
    ended_us: int | None
    outcome: Literal["", "ok", "failed", "unknown"]
    detail: str


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a recipient is reached. Units have their page and, where a device observes their entity, MQTT without being
    declared; people the e-mail address of their account."""

    id: int = 0
    version: int = 1
    recipient: str  # "agency:fire", "unit:hlf-1", "list:press"
    agency: str = ""  # need-to-know: news are told on it only as far as this agency may know
    channel: Channel
    address: str  # URL, e-mail address, device id
    title: str = ""
    language: str = "de"
    about: tuple[str, ...] = (ALL,)  # "order", "news:incident.*", …
    after_s: float = 0  # only where nothing was heard on the others for so long
    exercise: bool = False  # True: for exercises alone; False: never for them where it leaves the city
    active: bool = True
