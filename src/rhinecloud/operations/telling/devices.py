"""MQTT: a message as a command to the device of a unit, and the device's answers as marks.

The command ``order`` (or ``message``) goes out on `<tenant>/<device>/command`; that the device's client has
acknowledged it is "received". On `…/command/ack` the device says ``{"id", "result", "detail"}``, where `result` is
"read", "accepted" or "declined", as often as there is something to say; a decline's `detail` is its reason. Commands
are kept and sent again by `connect.Commands`; one that a killed process may have given is looked for there before
another one is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from rhinecloud.base.errors import RhineError

from .attempts import Outcome, Parcel
from .declare import Mark
from .marking import ORDER
from .wording import document

EXPIRES_S: Final = 3600.0
_RESULTS: Final[dict[str, Mark]] = {"read": "read", "accepted": "accepted", "declined": "declined"}


class Command(Protocol):
    """What is read of a command."""

    @property
    def id(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def params(self) -> dict[str, Any]: ...
    @property
    def status(self) -> str: ...
    @property
    def delivered_us(self) -> int: ...


class Commands(Protocol):
    """What is asked of `connect.Commands`."""

    async def send(
        self,
        tenant: str,
        device: str,
        name: str,
        params: dict[str, Any] | None = None,
        *,
        by: str = "",
        expires_s: float = 60,
    ) -> Any: ...
    def get(self, tenant: str, command_id: str) -> Any: ...
    def list(self, tenant: str, *, device: str = "", limit: int = 50) -> Sequence[Any]: ...


class Answer(msgspec.Struct):
    """What a device says of a command."""

    id: str
    status: Literal["delivered", "confirmed", "failed"] = "confirmed"
    detail: str = ""
    result: Any = None


class Devices:
    """Gives them."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def send(self, tenant: str, parcels: Sequence[Parcel]) -> list[Outcome]:
        return [await self._one(tenant, parcel) for parcel in parcels]

    async def _one(self, tenant: str, parcel: Parcel) -> Outcome:
        delivery, message = parcel.delivery, parcel.message
        try:
            if parcel.number > 1:
                given = await asyncio.to_thread(self._commands.list, tenant, device=delivery.address, limit=200)
                for command in given:
                    if command.params.get("id") == delivery.id and command.status != "expired":
                        return Outcome(ok=True, reference=command.id, received=bool(command.delivered_us))
            name = ORDER if message.given.about == ORDER else "message"
            params = document(tenant, parcel) | {"attempt": parcel.number}
            command = await self._commands.send(
                tenant, delivery.address, name, params, by="system:operations", expires_s=EXPIRES_S
            )
        except RhineError as error:
            return Outcome(ok=False, detail=error.detail, whole=True)
        return Outcome(ok=True, reference=command.id)

    def command(self, tenant: str, command_id: str) -> Command | None:
        """A command as it stands; None: nobody knows it any more. Blocking."""
        try:
            found: Command = self._commands.get(tenant, command_id)
        except RhineError:
            return None
        return found


def mark_of(answer: Answer) -> Mark | None:
    """The mark that a device's answer means; None: that it could not do anything with it."""
    if answer.status == "failed":
        return None
    return _RESULTS.get(answer.result, "received") if isinstance(answer.result, str) else "received"
