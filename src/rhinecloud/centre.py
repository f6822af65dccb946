"""Wires the command centre: its rooms to each other, and to those of the city that they stand on.

alert, report, status → operations (one commit: incident, log, news) → followers: plans, playbooks, telling, warnings
                                                                      → backbone operations.<tenant> → screens
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, Protocol

from rhinecloud.access import system
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.base.settings import Settings
from rhinecloud.kit import Ground
from rhinecloud.operations import (
    Operations,
    Retiring,
    collaboration,
    cot,
    drills,
    planning,
    playing,
    reporting,
    review,
    telling,
    warnings,
)
from rhinecloud.sharing import Cap, CommandCentre

if TYPE_CHECKING:
    from pathlib import Path

    from rhinecloud.access import Access
    from rhinecloud.backbone import Backbone
    from rhinecloud.base.clock import Clock
    from rhinecloud.base.declare import Model
    from rhinecloud.connect import Commands, Connect
    from rhinecloud.context import Presents, Vocabularies
    from rhinecloud.insight import Insight
    from rhinecloud.kit import Pack, Switchboard

CITY: Final = system("city")


class StandsOn(Protocol):
    """The rooms of the city that the command centre stands on."""

    settings: Settings
    clock: Clock
    tenants: Path
    packs: tuple[Pack, ...]
    access: Access
    backbone: Backbone
    commands: Commands
    connect: Connect
    insight: Insight
    model: Model
    presents: Presents
    switchboard: Switchboard
    vocabularies: Vocabularies
    url: str

    @property
    def mqtt_port(self) -> int: ...
    def districts(self, tenant: str, /) -> dict[str, dict[str, Any]]: ...
    def later(self, work: object) -> None: ...


class Centre:
    """Made of a city whose rooms are made and not started."""

    def __init__(self, city: StandsOn) -> None:
        self._city, self._settings, self._clock = city, city.settings, city.clock
        self.mail = telling.Mail(city.settings, city.url)
        self.telling = self._make_telling()
        self.warnings = self._make_warnings()
        self.operations = self._make_operations()
        self.ground = self._make_ground()
        self.cot = cot.Cot(self.operations.live, self._clock)
        self._enlist_actions()
        self._enlist_followers()
        self.operations.bring(city.packs)
        self.warnings.seats = self.operations.seat
        self.telling.attach(self._shelf)
        city.commands.listen(lambda command: city.later(self.telling.command_changed(command)))
        attribute = city.vocabularies.default.expand(telling.ATTRIBUTE)
        self.digits = telling.Digits(city.tenants, attribute, self._shelf)
        self._systems: CommandCentre | None = None
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        for part in (self.telling, self.cot, self.warnings):
            self._stack.push_async_callback(part.stop)
        for room in (self.operations, self.ground):
            await room.start()
            self._stack.push_async_callback(room.stop)

    async def stop(self) -> None:
        await self._stack.aclose()

    def doors(self) -> tuple[Cap, CommandCentre]:
        """What HTTP answers of warnings, and to agencies' systems."""
        tenant = self._settings.default_tenant
        self.mail.url = self._city.url
        self._systems = CommandCentre(
            self.operations.seat,
            self._city.access,
            self.telling,
            default_tenant=tenant,
            responsible=self._responsible,
        )
        return Cap(self.warnings, self._city.access, default_tenant=tenant), self._systems

    def close_streams(self) -> None:
        """Ends what a server would otherwise wait for."""
        if self._systems is not None:
            self._systems.stop()

    def forget(self, tenant: str) -> None:
        self.operations.forget(tenant)
        self.telling.forget(tenant)

    # ── its rooms ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _make_telling(self) -> telling.Telling:
        """How units and agencies are told of what happens."""
        ways: dict[telling.Channel, Any] = {
            "mqtt": telling.Devices(self._city.commands),
            "webhook": telling.Webhooks(allow_private=self._private(), clock=self._clock),
            "email": self.mail,
        }
        owner = self._city.connect.registry.owner
        known = telling.Known(device=lambda tenant, entity: owner(tenant, entity) or "", person=self._address)
        made = telling.Telling(ways, known, timezone=self._settings.timezone, clock=self._clock)
        made.resolvers["duty"] = planning.recipients
        return made

    def _make_warnings(self) -> warnings.Warnings:
        """Warnings of the public, and those of others."""
        city, settings = self._city, self._settings
        here = warnings.Here(
            lambda: settings.public_url or city.url,
            city.districts,
            settings.timezone,
            lambda tenant: self.ground.is_ground(tenant),  # noqa: PLW0108 — the ground is made later
        )
        private = self._private()
        return warnings.Warnings(
            city.presents,
            city.vocabularies,
            city.access,
            city.model,
            here,
            allow_private=private,
            clock=self._clock,
        )

    def _make_operations(self) -> Operations:
        city = self._city
        return Operations(
            city.tenants,
            city.presents,
            city.vocabularies,
            city.access,
            alerts=city.insight,
            publish=city.backbone.publish,
            anchor=self._anchor,
            clock=self._clock,
        )

    def _make_ground(self) -> Ground:
        """Where drills are played."""
        city = self._city
        return Ground(
            self._settings.data / "secrets",
            access=city.access,
            operations=self.operations,
            registry=city.connect.registry,
            packs_on=city.switchboard.on,
            where=lambda: (local_host(self._settings), city.mqtt_port),
            by=CITY,
            clock=self._clock,
        )

    def _enlist_actions(self) -> None:
        """What steps of playbooks may do by themselves."""
        city = self._city
        around = playing.Around(city.connect.registry, city.commands, city.vocabularies.default.expand)
        self.operations.enlist(playing.actions(self._shelf, around.near, around.send))
        self.operations.enlist(self.warnings.actions())
        self.operations.enlist(collaboration.actions(self._shelf))
        self.operations.enlist(reporting.actions(self._reports, self._settings.language))

    def _reports(self, tenant: str) -> reporting.ReportDesk:
        """Where the city itself reports, for playbooks."""
        from rhinecloud import web

        titles = {t.name: t.title for t in self._city.access.tenants.list()}
        seat = self.operations.seat(tenant, CITY)
        title = titles.get(tenant) or tenant.capitalize()
        return reporting.ReportDesk(seat, city=title, zone=self._settings.timezone, ground=web.ground())

    def _enlist_followers(self) -> None:
        """What follows the news, each on its own account."""
        made, city, clock = self.operations, self._city, self._clock
        sends, ahead = planning.Dispatcher(self._settings.timezone, clock), planning.Ahead(clock)
        sends.room, ahead.roads = made, made.roads
        plays = playing.Playing(
            city.presents,
            city.vocabularies.default.expand,
            automatic=lambda: made.automatic,
            alerts=city.insight,
            clock=clock,
            pace=self.ground.pace,
        )
        measures = review.Measuring(self._settings.timezone, _borough)
        made.following.followers += [ahead, sends, self.warnings, self.telling, collaboration.Collaborating()]
        made.following.followers += [plays, drills.Control(made, self.ground.happen, clock), measures, self.cot]
        made.following.followers.append(Retiring(city.presents, clock))

    # ── what its rooms ask of the city ───────────────────────────────────────────────────────────────────────────────

    def _private(self) -> bool:
        """Whether addresses of a private network may be written to."""
        return self._settings.allow_private_endpoints or self._settings.open

    async def _anchor(self, tenant: str, number: int, head: str) -> None:
        """The logs' newest head goes into the audit log, which is a chain in another file."""
        await self._city.access.record(CITY, "log.anchor", str(number), tenant=tenant, head=head)

    def _shelf(self, tenant: str) -> Any:
        return self.operations.seat(tenant, CITY).shelf

    def _address(self, person: str) -> tuple[str, str]:
        """The e-mail address and the language of a person's account."""
        try:
            found = self._city.access.people.get(person)
        except ResourceNotFound:
            return "", ""
        return ("", "") if found.disabled_us else (found.email, found.language or self._settings.language)

    def _responsible(self, tenant: str, incident_type: str, place: tuple[float, float] | None) -> tuple[str, ...]:
        """The agencies that are to be asked about what a system reports."""
        return tuple(agency.id for agency in self.operations.desk(tenant, CITY).responsible(incident_type, place))


def local_host(settings: Settings) -> str:
    """Where simulated devices find the city."""
    return "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host  # noqa: S104


def _borough(position: tuple[float, float]) -> str:
    from rhinecloud import web

    return web.borough_of(position)
