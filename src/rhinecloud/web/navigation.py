"""The screens there are, in the order of the navigation: one list, declared once.

A screen is offered when its room is there, its page is built in, and the visit may do what it takes. A page's `routes`
adds nothing here but its entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from .language import N_
from .rooms import Rooms
from .things import STATES


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """One entry."""

    key: str  # names the screen; a page gives it to `Visits.frame`
    path: str
    icon: str
    label: str  # English; translated where it is shown
    letter: str  # after `g`
    action: str = ""  # what it takes; "": everyone
    there: Callable[[Rooms], Any] = lambda rooms: True  # what it shows is not None
    group: int  # a hairline stands between groups


class NavItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as a page shows it."""

    key: str
    path: str
    icon: str
    label: str
    letter: str
    current: bool
    first: bool  # of its group
    count: int = 0  # what waits there
    worst: int = 0  # place of the worst of it among the states


SCREENS: Final = (
    # what is
    Screen(key="overview", path="/", icon="layout-dashboard", label=N_("Overview"), letter="o", group=1),
    Screen(key="situation", path="/situation", icon="map", label=N_("Situation"), letter="s", group=1),
    Screen(
        key="alerts",
        path="/alerts",
        icon="bell",
        label=N_("Alerts"),
        letter="a",
        action="alerts.read",
        there=lambda rooms: rooms.insight,
        group=1,
    ),
    # what is done about it
    Screen(
        key="incidents",
        path="/incidents",
        icon="siren",
        label=N_("Incidents"),
        letter="e",
        action="incidents.read",
        there=lambda rooms: rooms.operations,
        group=4,
    ),
    Screen(
        key="units",
        path="/units",
        icon="truck",
        label=N_("Units"),
        letter="u",
        action="incidents.read",
        there=lambda rooms: rooms.operations,
        group=4,
    ),
    Screen(
        key="planning",
        path="/command/settings",
        icon="clipboard-list",
        label=N_("Planning"),
        letter="n",
        action="incidents.read",
        there=lambda rooms: rooms.operations,
        group=4,
    ),
    Screen(
        key="deliveries",
        path="/deliveries",
        icon="send",
        label=N_("Deliveries"),
        letter="l",
        action="incidents.read",
        there=lambda rooms: rooms.operations,
        group=4,
    ),
    Screen(
        key="my-unit",
        path="/my-unit",
        icon="ambulance",
        label=N_("My unit"),
        letter="j",
        action="units.answer",
        there=lambda rooms: rooms.telling,
        group=4,
    ),
    Screen(
        key="warning-desk",
        path="/warning-desk",
        icon="megaphone",
        label=N_("Warnings"),
        letter="w",
        action="warnings.read",
        there=lambda rooms: rooms.warnings,
        group=4,
    ),
    Screen(
        key="playbooks",
        path="/playbooks",
        icon="book-open-check",
        label=N_("Playbooks"),
        letter="b",
        action="incidents.read",
        there=lambda rooms: rooms.operations,
        group=4,
    ),
    Screen(
        key="drills",
        path="/drills",
        icon="graduation-cap",
        label=N_("Drills"),
        letter="x",
        action="incidents.read",
        there=lambda rooms: rooms.ground,
        group=4,
    ),
    Screen(
        key="review",
        path="/review",
        icon="target",
        label=N_("Review"),
        letter="v",
        action="incidents.read",
        there=lambda rooms: rooms.operations,
        group=4,
    ),
    # what it is made of
    Screen(
        key="rules",
        path="/rules",
        icon="list-checks",
        label=N_("Rules"),
        letter="r",
        action="rules.read",
        there=lambda rooms: rooms.insight,
        group=2,
    ),
    Screen(
        key="devices",
        path="/devices",
        icon="radio",
        label=N_("Devices"),
        letter="d",
        action="devices.read",
        there=lambda rooms: rooms.connect.registry,
        group=2,
    ),
    Screen(
        key="quality",
        path="/quality",
        icon="shield-check",
        label=N_("Quality"),
        letter="q",
        action="quality.read",
        there=lambda rooms: rooms.connect.quarantine,
        group=2,
    ),
    Screen(key="data", path="/data", icon="table-2", label=N_("Data"), letter="t", action="entities.read", group=2),
    # how it is run
    Screen(
        key="packs",
        path="/packs",
        icon="blocks",
        label=N_("Packs"),
        letter="p",
        action="packs.manage",
        there=lambda rooms: rooms.switchboard,
        group=3,
    ),
    Screen(
        key="administration",
        path="/administration",
        icon="settings",
        label=N_("Administration"),
        letter="m",
        action="people.manage",
        group=3,
    ),
    Screen(key="api", path="/api", icon="braces", label=N_("Interface"), letter="i", group=3),
)


class Navigation:
    """Which of them there are in this installation. `built` is told once, when all routes are known."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._paths: frozenset[str] | None = None

    def built(self, paths: frozenset[str]) -> None:
        self._paths = paths

    def has(self, path: str) -> bool:
        """Whether a page at this path is built in."""
        return self._paths is None or path in self._paths

    def items(
        self, current: str, may: Callable[[str], bool], say: Callable[[str], str], waiting: Mapping[str, int]
    ) -> list[NavItem]:
        """What a visit is offered.

        Args:
            current: key of the screen that is shown.
            may: whether the visit may do an action.
            say: translates.
            waiting: alerts that are raised, by severity.
        """
        found: list[NavItem] = []
        group = 0
        for screen in SCREENS:
            there = (self._paths is None or screen.path in self._paths) and screen.there(self._rooms) is not None
            if not there or not may(screen.action):
                continue
            found.append(
                NavItem(
                    key=screen.key,
                    path=screen.path,
                    icon=screen.icon,
                    label=say(screen.label),
                    letter=screen.letter,
                    current=screen.key == current,
                    first=bool(found) and screen.group != group,
                    count=sum(waiting.values()) if screen.key == "alerts" else 0,
                    worst=max((STATES.index(s) for s, n in waiting.items() if n), default=0),
                )
            )
            group = screen.group
        return found
