"""API tokens: random secrets of 160 bits with a prefix that scanners find (`rc_…`), shown once, kept as SHA-256.

All live tokens are in memory, so that a request is checked in microseconds; `forget` has them read anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, insert, select, update

from rhinecloud.base.clock import Clock, iso
from rhinecloud.base.errors import BadRequestData, Forbidden, NonexistentTenant, ResourceNotFound, Unauthorized

from . import keys
from .audit import Trail
from .policy import INSTALLATION, Policy, actions, agencies, expand
from .principal import Principal
from .store import Store
from .tables import agency as agency_table
from .tables import tenant as tenant_table
from .tables import token

PREFIX: Final = "rc_"
KNOWN_BY_AGENCY: Final = ("incidents.", "units.", "log.", "operations.")
"""Actions for which an agency counts."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a token."""

    id: str
    name: str
    scopes: tuple[str, ...]
    tenant: str
    agency: str  # whose system holds it; "": it counts for all agencies
    created_us: int
    created_by: str
    expires_us: int | None
    used_us: int | None
    revoked_us: int | None


class Tokens:
    """Blocking, but for `bearer`."""

    def __init__(self, store: Store, trail: Trail, policy: Policy, clock: Clock) -> None:
        self._store, self._trail, self._policy, self._clock = store, trail, policy, clock
        self._live: dict[str, tuple[Principal, int | None]] | None = None
        self._used: dict[str, int] = {}  # not yet written

    def forget(self) -> None:
        self._live = None

    def bearer(self, secret: str) -> Principal:
        """Who holds this token.

        Raises:
            Unauthorized: there is no such token, or it has expired or is revoked.
        """
        key = keys.digest(secret)
        live = self._live
        if live is None:
            live = self._live = self._read()
        found = live.get(key)
        if found is None:
            raise Unauthorized("This token is not known here, or it is revoked")
        principal, expires_us = found
        now = self._clock()
        if expires_us is not None and expires_us <= now:
            raise Unauthorized(f"Token {principal.name} expired on {iso(expires_us)}")
        self._used[key] = now
        return principal

    def new(
        self,
        by: Principal,
        name: str,
        scopes: Iterable[str],
        *,
        tenant: str = "",
        agency: str = "",
        expires_us: int | None = None,
    ) -> tuple[str, Token]:
        """A new token: its secret, which is shown this once, and its record.

        Args:
            agency: whose system holds it: need-to-know counts for it as for the agency's people.

        Raises:
            BadRequestData: no name, no scope, an unknown scope, or one that takes a token for all tenants; or an agency
                that the tenant does not have.
            Forbidden: whoever asks may not do what the token could do. NonexistentTenant.
        """
        wanted = tuple(dict.fromkeys(scopes))
        able = expand(wanted)
        if not name.strip() or len(name) > 100 or not wanted:
            raise BadRequestData("A token has a name of up to 100 characters and at least one scope")
        if tenant and able <= INSTALLATION:
            raise BadRequestData(f"{', '.join(sorted(able))} concerns the whole installation: leave the tenant out")
        self._policy.allow(by, "tokens.manage", tenant)
        more = able - (INSTALLATION if tenant else frozenset()) - actions(by, tenant)
        if more:
            raise Forbidden(f"{by.name} may not {', '.join(sorted(more))} and so cannot give it to a token")
        self._demand_agency(by, able, tenant, agency)
        secret, made = keys.secret(PREFIX), keys.short_id("t_")
        shown = {"name": name, "scopes": list(wanted), "expires": iso(expires_us) if expires_us else "never"}
        with self._trail.act(by, "token.new", made, tenant=tenant, touches="tokens", **shown) as db:
            if tenant and db.execute(select(tenant_table.c.name).where(tenant_table.c.name == tenant)).first() is None:
                raise NonexistentTenant(f"Tenant {tenant} does not exist")
            known = select(agency_table.c.name).where(agency_table.c.tenant == tenant, agency_table.c.name == agency)
            if agency and db.execute(known).first() is None:
                raise BadRequestData(f"Tenant {tenant} has no agency {agency[:60]!r}")
            db.execute(
                insert(token).values(
                    hash=keys.digest(secret),
                    id=made,
                    name=name,
                    scopes=" ".join(wanted),
                    tenant=tenant,
                    agency=agency,
                    created_us=self._clock(),
                    created_by=by.source,
                    expires_us=expires_us,
                )
            )
        return secret, self.get(made)

    def _demand_agency(self, by: Principal, able: frozenset[str], tenant: str, agency: str) -> None:
        """Who may do something for some agencies alone gives it to nobody for others."""
        for action in sorted(a for a in able if a.startswith(KNOWN_BY_AGENCY)):
            mine = agencies(by, action, tenant)
            if mine is not None and agency not in mine:
                whose = f"agency {agency}" if agency else "all agencies"
                raise Forbidden(f"{by.name} may not {action} for {whose} and so cannot give it to a token")

    def list(self, *, revoked: bool = False) -> list[Token]:
        query = select(token).order_by(token.c.created_us)
        with self._store.read() as db:
            rows = db.execute(query if revoked else query.where(token.c.revoked_us.is_(None)))
            return [_token(row) for row in rows.mappings()]

    def get(self, id_or_name: str) -> Token:
        """Raises: ResourceNotFound."""
        with self._store.read() as db:
            query = select(token).where((token.c.id == id_or_name) | (token.c.name == id_or_name))
            row = (
                db.execute(query.order_by(token.c.revoked_us.is_not(None), token.c.created_us.desc()))
                .mappings()
                .first()
            )
        if row is None:
            raise ResourceNotFound(f"Token {id_or_name} does not exist")
        return _token(row)

    def revoke(self, by: Principal, id_or_name: str) -> None:
        """From now on the token does not work; other processes notice within half a second.

        Raises:
            ResourceNotFound: there is none. Forbidden.
        """
        found = self.get(id_or_name)
        self._policy.allow(by, "tokens.manage", found.tenant)
        with self._trail.act(
            by, "token.revoke", found.id, tenant=found.tenant, touches="tokens", name=found.name
        ) as db:
            alive = (token.c.id == found.id) & token.c.revoked_us.is_(None)
            db.execute(update(token).where(alive).values(revoked_us=self._clock()))

    def flush(self) -> None:
        """Writes when tokens were last used, all in one statement."""
        used, self._used = self._used, {}
        entries = list(used.items())  # in one step: `bearer` in another thread may still hold the old one
        if entries:
            with self._store.write() as db:
                db.execute(
                    update(token).where(token.c.hash == bindparam("key")).values(used_us=bindparam("now")),
                    [{"key": key, "now": us} for key, us in entries],
                )

    def _read(self) -> dict[str, tuple[Principal, int | None]]:
        with self._store.read() as db:
            rows = db.execute(select(token).where(token.c.revoked_us.is_(None))).all()
        return {
            row.hash: (
                Principal(
                    kind="token",
                    id=row.id,
                    name=row.name,
                    tenant=row.tenant,
                    scopes=frozenset(row.scopes.split()),
                    agency=row.agency,
                ),
                row.expires_us,
            )
            for row in rows
        }


def _token(row: Any) -> Token:
    members = {k: row[k] for k in Token.__struct_fields__}
    return Token(**members | {"scopes": tuple(row["scopes"].split())})
