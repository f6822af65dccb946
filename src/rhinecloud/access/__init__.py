"""Who may do what: tenants, agencies, people, roles, tokens, sessions, policy, and the audit log.

In: names, passwords, tokens, cookies, a provider's claims. Out: a `Principal`, and yes or no with the reason.
It must not know what is protected: no entities, no HTTP; it answers about actions by name.
"""

from .access import Access
from .audit import Record, Verdict
from .links import PATH as LINK_PATH
from .links import address as link_address
from .people import Person, parse_grant
from .policy import ACTIONS, ROLES
from .principal import ANONYMOUS, OPEN, Grant, Principal, system
from .sessions import Session
from .signin import Vouched
from .tenants import Agency, Tenant
from .tokens import Token

__all__ = [
    "ACTIONS",
    "ANONYMOUS",
    "LINK_PATH",
    "OPEN",
    "ROLES",
    "Access",
    "Agency",
    "Grant",
    "Person",
    "Principal",
    "Record",
    "Session",
    "Tenant",
    "Token",
    "Verdict",
    "Vouched",
    "link_address",
    "parse_grant",
    "system",
]
