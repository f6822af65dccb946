"""Who may do what: one table from role to actions, one question, and the reason when the answer is no.

A decision is remembered by (principal, action, tenant), so that a request pays one dictionary look-up. Principals are
immutable: who gets another role is another principal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rhinecloud.base.errors import BadRequestData, Forbidden, Unauthorized

from .principal import Principal

ACTIONS: Final = frozenset(
    {"entities.read", "entities.write", "history.read", "export", "subscriptions.manage"}
    | {"devices.read", "devices.manage", "devices.command", "quality.read", "quality.manage"}
    | {"alerts.read", "alerts.manage", "rules.read", "rules.manage", "packs.manage"}
    | {"incidents.read", "incidents.manage", "units.dispatch", "log.erase", "operations.manage", "drills.lead"}
    | {"incidents.report", "units.answer"}
    | {"warnings.read", "warnings.compose", "warnings.publish", "warnings.receive"}
    | {"people.manage", "tokens.manage", "audit.read"}
    | {"tenants.manage", "settings.manage", "backup", "metrics.read"}
)
INSTALLATION: Final = frozenset({"tenants.manage", "settings.manage", "backup", "metrics.read"})
"""Actions on the whole installation: only a role or token that counts in all tenants gives them."""
OPEN_DATA: Final = frozenset({"entities.read", "history.read"})
"""What everybody may do with the entity types that are declared open."""

_SEE: Final = frozenset({"entities.read", "history.read", "quality.read", "devices.read", "alerts.read", "rules.read"})

ROLES: Final[Mapping[str, frozenset[str]]] = {
    "operator": _SEE
    | {"devices.command", "alerts.manage", "incidents.read", "incidents.manage", "incidents.report", "units.dispatch"}
    | {"warnings.read", "warnings.compose", "warnings.publish"},
    "engineer": _SEE
    | {"entities.write", "devices.manage", "devices.command", "quality.manage", "subscriptions.manage", "export"}
    | {"alerts.manage", "rules.manage"},
    "analyst": _SEE | {"export", "subscriptions.manage"},
    "leadership": frozenset(
        {"entities.read", "history.read", "quality.read", "alerts.read", "export", "incidents.read"}
        | {"warnings.read", "warnings.publish", "drills.lead"}
    ),
    "planner": frozenset({"entities.read", "history.read", "incidents.read", "operations.manage"}),
    "crew": frozenset({"entities.read", "incidents.report", "units.answer"}),
    "administrator": ACTIONS,
}
"""The table. `docs/reference/roles.md` shows it; a test compares the two."""


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """The actions that token scopes stand for: an action's name, `entities.*` or `*`.

    Raises:
        BadRequestData: a scope stands for nothing.
    """
    found: set[str] = set()
    for scope in scopes:
        head = scope.removesuffix("*")
        hits = {a for a in ACTIONS if a == scope or (scope.endswith("*") and a.startswith(head))}
        if not hits or (scope != "*" and scope.endswith("*") and not head.endswith(".")):
            raise BadRequestData(f"Scope {scope!r} does not exist; there are *, {', '.join(sorted(ACTIONS))}")
        found |= hits
    return frozenset(found)


def actions(principal: Principal, tenant: str) -> frozenset[str]:
    """Everything that `principal` may do in `tenant` ("": in the installation as a whole)."""
    found: set[str] = set()
    if principal.tenant in ("", tenant):
        found |= expand(principal.scopes)
        if not principal.grants:
            for role in principal.roles:
                found |= ROLES.get(role, frozenset())
        if principal.tenant:
            found -= INSTALLATION
    for grant in principal.grants:
        if grant.tenant in ("", tenant):
            found |= ROLES.get(grant.role, frozenset()) - (INSTALLATION if grant.tenant else frozenset())
    return frozenset(found)


def agencies(principal: Principal, action: str, tenant: str) -> frozenset[str] | None:
    """Need-to-know: the agencies for which `principal` may do `action` in `tenant`; None: for all of them.

    A role that somebody has as a member of an agency counts for what concerns that agency; a role without an agency
    counts for all. Empty: they may not do it at all.
    """
    found: set[str] = set()
    if principal.tenant in ("", tenant):
        whole = expand(principal.scopes)
        if not principal.grants:
            whole = whole.union(*(ROLES.get(role, frozenset()) for role in principal.roles))
        if action in whole:
            found.add(principal.agency)
    for grant in principal.grants:
        if grant.tenant in ("", tenant) and action in ROLES.get(grant.role, frozenset()):
            found.add(grant.agency)
    return None if "" in found else frozenset(found)


class Policy:
    """Answers "may they?" and, for reading, "which types?".

    Args:
        open_types: expanded names of the entity types that everyone may read.
    """

    def __init__(self, open_types: frozenset[str] = frozenset()) -> None:
        self._open_types = open_types
        self._closed: dict[str, frozenset[str]] = {}
        self._allowed: set[tuple[Principal, str, str]] = set()
        self._readable: dict[tuple[Principal, str], frozenset[str] | None] = {}

    def allow(self, principal: Principal, action: str, tenant: str) -> None:
        """Returns when `principal` may do `action` in `tenant`.

        Reading entities and their past is allowed to all as soon as one type is open: `readable_types` then says which.

        Raises:
            Unauthorized: nobody has signed in, and this needs it.
            Forbidden: they may not; the message says what is missing.
        """
        if (principal, action, tenant) in self._allowed:
            return
        self._decide(principal, action, tenant)
        if len(self._allowed) > 20_000:
            self._allowed.clear()
        self._allowed.add((principal, action, tenant))

    def readable_types(self, principal: Principal, tenant: str) -> frozenset[str] | None:
        """Expanded names of the types that they may read here; None: all of them."""
        key = (principal, tenant)
        if key not in self._readable:
            if len(self._readable) > 20_000:
                self._readable.clear()
            self._readable[key] = None if "entities.read" in actions(principal, tenant) else self._open(tenant)
        return self._readable[key]

    def close(self, tenant: str, types: frozenset[str]) -> None:
        """Says which types are open to nobody in this tenant, whatever they are elsewhere; it holds at once."""
        self._closed[tenant] = types
        self._readable.clear()

    def _open(self, tenant: str) -> frozenset[str]:
        return self._open_types - self._closed.get(tenant, frozenset())

    def _decide(self, principal: Principal, action: str, tenant: str) -> None:
        if action not in ACTIONS:
            raise ValueError(f"There is no action {action!r}")
        if action in actions(principal, tenant) or (action in OPEN_DATA and self._open_types):
            return
        if principal.kind == "anonymous":
            raise Unauthorized(f"Sign in or send a token that has the scope {action}")
        raise Forbidden(_reason(principal, action, tenant), action=action)


def _reason(principal: Principal, action: str, tenant: str) -> str:
    where = f"in tenant {tenant}" if tenant else "for the whole installation"
    whole = " that counts in all tenants" if action in INSTALLATION or not tenant else ""
    if principal.kind == "token":
        if principal.tenant not in ("", tenant) or (whole and principal.tenant):
            return f"Token {principal.name} belongs to tenant {principal.tenant} and may not {action} {where}"
        return f"Token {principal.name} has no scope {action}"
    if principal.kind == "person":
        able = ", ".join(sorted(role for role, acts in ROLES.items() if action in acts))
        return f"{principal.name} may not {action} {where}: it takes the role {able}{whole}"
    return f"A {principal.kind} may not {action} {where}"
