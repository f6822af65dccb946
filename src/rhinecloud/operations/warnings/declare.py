"""What the warning desk works with, as values: the city's profile, drafts, chains of messages, templates.

A warning is a chain: an alert, its updates, and at last the message that lifts it. Each is a draft until somebody
submits it; then it is bytes, and what is approved and published are those bytes.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.declare import Label

from .cap import Named

State = Literal["prepared", "in-force", "expired", "lifted", "dropped"]
"""Of a chain. `expired` is read off the clock; what is lifted says so at its address for ever."""
MessageState = Literal["draft", "submitted", "published", "dropped"]
Kind = Literal["alert", "update", "all-clear", "retract"]
"""`all-clear`: the danger is over; `retract`: it was a mistake. Both are Cancel in CAP."""
KINDS: Final[tuple[Kind, ...]] = ("alert", "update", "all-clear", "retract")

LANGUAGES: Final = {
    "de": "Deutsch",
    "en": "English",
    "de-LS": "Leichte Sprache",
    "tr": "Türkçe",
    "ar": "العربية",
    "uk": "Українська",
    "ru": "Русский",
    "pl": "Polski",
    "ro": "Română",
    "bg": "Български",
    "fr": "Français",
    "es": "Español",
    "nl": "Nederlands",
}
"""In which a warning may be written; German comes first."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The text in one language."""

    language: str
    event: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    area: str = ""  # the name of the area


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What people write; times in µs. `level` is that of the state's warning system (1 highest to 3)."""

    kind: Kind = "alert"
    template: str = ""
    category: tuple[str, ...] = ("Safety",)
    response: tuple[str, ...] = ("Monitor",)
    urgency: str = "Immediate"
    severity: str = "Severe"
    certainty: str = "Observed"
    event_code: str = ""  # BBK-EVC-nnn
    onset_us: int | None = None  # None: from when it is submitted
    expires_us: int | None = None
    note: str = ""
    contact: str = ""
    web: str = ""  # "": the warning's own address
    area: dict[str, Any] | None = None  # GeoJSON
    texts: tuple[Words, ...] = ()


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a second person said of some bytes."""

    digest: str
    approves: bool
    who: str
    name: str
    at_us: int
    note: str


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a chain. `cap` are the bytes that were submitted, `signed` those that are public."""

    id: int
    warning: str
    place: int  # in its chain, from 1
    state: MessageState
    version: int
    draft: Draft
    saved_us: int
    saved_by: str
    saved_name: str
    identifier: str | None = None
    cap: bytes | None = None
    digest: str | None = None  # SHA-256 of `cap`
    submitted_us: int | None = None
    submitted_by: str | None = None
    submitted_name: str | None = None
    signed: bytes | None = None
    published_us: int | None = None
    published_by: str | None = None
    published_name: str | None = None
    looks: tuple[Look, ...] = ()

    @property
    def approved(self) -> Look | None:
        """Who approved these very bytes; None: nobody, or somebody refused them since."""
        last = self.looks[-1] if self.looks else None
        return last if last is not None and last.approves and last.digest == self.digest else None


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A warning with its messages, in order."""

    id: str
    number: str
    incident: str
    agency: str
    status: str  # Actual, Exercise, Test
    state: State
    made_us: int
    changed_us: int
    expires_us: int | None
    ended_us: int | None
    title: str
    messages: tuple[Prepared, ...] = ()

    @property
    def open(self) -> Prepared | None:
        """The message that is being worked on."""
        return next((m for m in self.messages if m.state in ("draft", "submitted")), None)

    @property
    def published(self) -> tuple[Prepared, ...]:
        return tuple(m for m in self.messages if m.state == "published")

    @property
    def newest(self) -> Prepared | None:
        """The message that counts for the public."""
        return self.published[-1] if self.published else None


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """A warning given on by hand, to whom, and what they said."""

    id: int
    message: int
    system: str
    at_us: int
    who: str
    name: str
    receiver: str
    outcome: Literal["handed-over", "accepted", "refused", "published"]
    reference: str
    note: str
    fields: dict[str, str]


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the city and how many people live in it, for the estimate of who is warned."""

    name: str
    people: int
    geometry: dict[str, Any] = {}  # {}: the district of that name


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Who warns here: the sender's names, and the keys by which feeds mean this city."""

    version: int = 0
    sender: str = ""
    sender_name: str = ""
    contact: str = ""
    signature: str = ""  # address block for the state's warning system
    regional_key: str = ""  # ARS, 12 digits
    geocodes: tuple[Named, ...] = ()  # further keys of this city in feeds and in what we write
    languages: tuple[str, ...] = ("de", "en")
    corners: int = 100
    recipients: tuple[str, ...] = ("list:warnings",)
    drill_recipients: tuple[str, ...] = ("list:warnings-exercise",)
    zones: tuple[Zone, ...] = ()
    zones_source: str = ""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A start for a warning; in texts, `[…]` is for people to fill in and keeps it from being submitted."""

    id: str
    title: Label
    draft: Draft
    lasts_s: float = 6 * 3600
    version: int = 0
    who: str = ""
