"""What a demo city's command centre begins with: what packs bring of it, its agencies, and its everyday."""

from __future__ import annotations

from collections.abc import Iterable

from rhinecloud.access import Principal
from rhinecloud.base.clock import Clock
from rhinecloud.operations import Operations, Routine

from .ground import Tenants
from .pack import Pack
from .rhythm import chance
from .world import SEED


def seed_centres(
    packs: Iterable[Pack],
    tenant: str,
    by: Principal,
    tenants: Tenants,
    operations: Operations,
    clock: Clock,
    *,
    everyday: bool = True,
) -> None:
    """Once what is declared, with the agencies as those in which people have roles; and each time the small incidents
    that come and go, unless that is not wished for. Blocking."""
    known = {agency.name for agency in tenants.agencies(tenant)}

    def drawn(what: str, number: int) -> float:
        return chance(SEED, f"everyday/{what}", number)

    for centre in (pack.centre for pack in packs if pack.centre is not None):
        if operations.seed(tenant, centre):
            for agency in centre.agencies:
                if agency.id not in known:
                    tenants.add_agency(by, tenant, agency.id, agency.title.de)
        if everyday and centre.everyday:
            routine = Routine(operations, tenant, centre.everyday, chance=drawn, clock=clock)
            operations.following.followers.append(routine)
