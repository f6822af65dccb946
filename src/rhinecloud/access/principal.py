"""Who is asking: a person, a token, a device, a part of the city itself, or nobody known."""

from __future__ import annotations

from typing import Final, Literal

import msgspec


class Grant(msgspec.Struct, frozen=True, cache_hash=True, order=True):
    """A role that a person has in one tenant ("": in all of them), as a member of an agency ("": of none)."""

    role: str
    tenant: str = ""
    agency: str = ""

    def __str__(self) -> str:
        """`role@tenant/agency`, as the command line takes it."""
        return self.role + (f"@{self.tenant}" if self.tenant else "") + (f"/{self.agency}" if self.agency else "")


# cache_hash: a principal is the key of the decision cache, asked for at every request.
class Principal(msgspec.Struct, frozen=True, cache_hash=True, kw_only=True):
    """Who is asking, with all that `policy` needs to decide.

    `grants` says exactly which role counts where; `roles` is their union, for showing. Where there are no grants, the
    roles count in `tenant` ("": in all tenants). Scopes count in `tenant` too.
    """

    kind: Literal["person", "token", "device", "system", "anonymous"]
    id: str
    name: str = ""
    tenant: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    agency: str = ""
    grants: tuple[Grant, ...] = ()

    @property
    def source(self) -> str:
        """As `Update.source` names who wrote: "person:ID", "token:ID"."""
        return f"{self.kind}:{self.id}"


ANONYMOUS: Final = Principal(kind="anonymous", id="anonymous", name="anonymous")
OPEN: Final = Principal(kind="system", id="open", name="open installation", scopes=frozenset({"*"}))
"""Everyone, where the installation runs with `open`."""


def system(name: str) -> Principal:
    """A part of the city itself, or its operator at the command line: may do everything, and is recorded as such."""
    return Principal(kind="system", id=name, name=name, scopes=frozenset({"*"}))


def of_person(person: str, name: str, grants: tuple[Grant, ...]) -> Principal:
    """The principal of a signed-in person."""
    tenants, agencies = {g.tenant for g in grants}, {g.agency for g in grants}
    return Principal(
        kind="person",
        id=person,
        name=name,
        tenant=tenants.pop() if len(tenants) == 1 else "",
        roles=frozenset(g.role for g in grants),
        agency=agencies.pop() if len(agencies) == 1 else "",
        grants=tuple(sorted(grants)),
    )
