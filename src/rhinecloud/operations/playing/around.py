"""Devices around an incident, for the actions of steps that switch something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from rhinecloud.base.geo import distance_m
from rhinecloud.operations.declare import Position

MOST: Final = 1_000_000


class Registry(Protocol):
    """What is asked of `connect.Registry`."""

    def list(self, tenant: str, *, limit: int = ...) -> Any: ...


class Commands(Protocol):
    """What is asked of `connect.Commands`."""

    async def send(
        self, tenant: str, device: str, name: str, params: dict[str, Any] | None = ..., *, by: str = ...
    ) -> Any: ...


class Around:
    """Finds them, and gives them commands."""

    def __init__(self, registry: Registry, commands: Commands, expand: Callable[[str], str]) -> None:
        self._registry, self._commands, self._expand = registry, commands, expand

    def near(self, tenant: str, kind: str, place: Position, metres: float) -> list[str]:
        """Devices of a type of things that stand within so many metres. Blocking."""
        wanted = self._expand(kind)
        return [
            d.id
            for d in self._registry.list(tenant, limit=MOST).devices
            if d.location
            and self._expand(d.entity_type) == wanted
            and distance_m(place, tuple(d.location["coordinates"][:2])) <= metres
        ]

    async def send(self, tenant: str, device: str, command: str, params: dict[str, Any]) -> None:
        await self._commands.send(tenant, device, command, params, by="system:operations")
