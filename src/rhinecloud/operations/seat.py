"""Where somebody sits: one principal in one tenant, and what they may see and change of the command centre.

Every desk asks here and nowhere else. Need-to-know is by agency: an incident concerns the agencies that take part in
it, a unit the agency it belongs to. What somebody may not see does not exist for them; what they may see and not change
is Forbidden. Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rhinecloud.access import Principal
from rhinecloud.base.errors import Forbidden, ResourceNotFound

from . import incidents, units
from .declare import By, Incident
from .tables import Shelf, Work


class Allows(Protocol):
    """What is asked of `Access`."""

    def allow(self, principal: Principal, action: str, tenant: str) -> None: ...
    def agencies(self, principal: Principal, action: str, tenant: str) -> frozenset[str] | None: ...


class Seat:
    """`by` is who signs what is done from here: with the agency that they act for ("": none)."""

    def __init__(self, shelf: Shelf, tenant: str, principal: Principal, access: Allows) -> None:
        self.shelf, self.tenant, self.principal, self._access = shelf, tenant, principal, access
        mine = self.agencies("incidents.manage")
        self.by = By(principal.source, principal.name, principal.agency or (min(mine) if mine else ""))

    def agencies(self, action: str) -> frozenset[str] | None:
        """For which agencies they may; None: for all."""
        return self._access.agencies(self.principal, action, self.tenant)

    def may(self, action: str) -> None:
        """Raises: Unauthorized, Forbidden."""
        self._access.allow(self.principal, action, self.tenant)

    def sees(self) -> frozenset[str] | None:
        """The agencies whose incidents and units they see; None: all. Raises as `may`."""
        self.may("incidents.read")
        return self.agencies("incidents.read")

    def incident(self, incident_id: str) -> Incident:
        """Raises: ResourceNotFound, also for what they may not see."""
        return incidents.get(self.shelf, incident_id, self.sees())

    @contextmanager
    def managing(self, action: str = "operations.manage") -> Iterator[Work]:
        """A transaction on what is declared."""
        self.may(action)
        with self.shelf.work(self.by) as work:
            yield work

    @contextmanager
    def changing(
        self, incident_id: str, other: str = "", *, action: str = "incidents.manage"
    ) -> Iterator[tuple[Work, Incident]]:
        """A transaction on an incident, and on another one that is named with it."""
        with self.shelf.work(self.by) as work:
            incident = self.opened(work, incident_id, action)
            if other:
                self.opened(work, other, action)
            yield work, incident

    def opened(self, work: Work, incident_id: str, action: str) -> Incident:
        """The incident, when they may see it and do this to it."""
        self.may(action)
        incident, mine = incidents.get(work, incident_id, self.sees()), self.agencies(action)
        if mine is not None and not mine & set(incident.agencies):
            raise Forbidden(f"{self.principal.name} may not {action} in incident {incident.number}", action=action)
        return incident

    def may_send(self, work: Work, unit_id: str) -> None:
        """Whether they may give orders to a unit."""
        self.may("units.dispatch")
        mine, unit = self.agencies("units.dispatch"), units.get(work, unit_id)
        if mine is not None and unit.agency not in mine:
            if unit.id not in {u.id for u in units.every(work, self.sees())}:
                raise ResourceNotFound(f"Unit {unit_id[:40]} does not exist")
            raise Forbidden(f"Unit {unit.name} belongs to {unit.agency}; ask them for it", action="units.dispatch")
