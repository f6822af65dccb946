"""Links as people ask for them; blocking."""

from __future__ import annotations

from rhinecloud.operations.seat import Seat

from . import links
from .links import Link, Refusal


class CotDesk:
    """Made of a seat; who declares things of the command centre declares its links."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def links(self) -> list[Link]:
        """All of them, without their certificates."""
        self.seat.may("operations.manage")
        return [_hidden(link) for link in links.every(self.seat.shelf)]

    def link(self, link_id: str) -> Link:
        """Raises: ResourceNotFound."""
        self.seat.may("operations.manage")
        return _hidden(links.get(self.seat.shelf, link_id))

    def save(self, link: Link) -> Link:
        """A certificate that is not given stays as it is. Raises: BadRequestData, Conflict."""
        with self.seat.managing() as work:
            return _hidden(links.save(work, link))

    def remove(self, link_id: str) -> None:
        with self.seat.managing() as work:
            links.remove(work, link_id)

    def refused(self, limit: int = 100) -> list[Refusal]:
        """What came and was not taken, the newest first."""
        self.seat.may("operations.manage")
        return links.refused(self.seat.shelf, limit)


def _hidden(link: Link) -> Link:
    import msgspec

    return msgspec.structs.replace(link, certificate="…" if link.certificate else "")
