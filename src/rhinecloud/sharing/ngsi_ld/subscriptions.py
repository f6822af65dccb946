"""Operations on subscriptions: create, list, retrieve, update, delete.

What a subscription may be, and what becomes of it, is `rhinecloud.context.Subscriptions`' affair.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from rhinecloud.base.errors import BadRequestData, OperationNotSupported
from rhinecloud.sharing.exchange import Answer

from . import contexts, values
from .call import ROOT, Call, nothing
from .negotiation import LD_JSON
from .render import Json
from .views import projection

if TYPE_CHECKING:
    from rhinecloud.context import Subscription, Subscriptions

PAGE: Final = 20
LARGEST: Final = 1000
_VERSION: Final = re.compile(r"ngsi-ld\s*=\s*\"?(\d+\.\d+)\"?\s*(?:;.*)?\Z", re.IGNORECASE)


async def create(call: Call) -> Answer:
    """Keeps a new subscription.

    Source: ETSI GS CIM 009, 5.8.1, 6.10.3.1.
    """
    door = call.door
    door.access.allow(call.principal, "entities.read", call.tenant)  # a subscription reads
    readable = door.access.readable_types(call.principal, call.tenant)
    given = await _with_context(call, _object(call))
    made = await _subscriptions(call).create(call.tenant, given, call.vocabulary, readable=readable)
    where = f"{ROOT}/subscriptions/{quote(made.id, safe=':@')}"
    return Answer(201, b"", [(b"location", where.encode())])


async def listed(call: Call) -> Answer:
    """The subscriptions of the tenant, a page of them.

    Source: ETSI GS CIM 009, 5.8.4, 6.10.3.2.
    """
    limit, offset, count = call.number("limit", PAGE), call.number("offset", 0), call.flag("count")
    if limit == 0 and not count:
        raise BadRequestData("limit=0 is only for count=true")
    limit = min(limit, LARGEST)
    found = _subscriptions(call).list(call.tenant)
    more: list[tuple[bytes, bytes]] = []
    if count:
        more.append((b"ngsild-results-count", str(len(found)).encode()))
    if limit and offset:
        more.append((b"link", _page_link(limit, max(offset - limit, 0), "prev")))
    if limit and offset + limit < len(found):
        more.append((b"link", _page_link(limit, offset + limit, "next")))
    found = found[offset : offset + limit]
    used = _used(call, found)
    shown = [_told(call, subscription, used) for subscription in found]
    return call.entities(shown, used=used, headers=more + _applied(call))


async def retrieve(call: Call) -> Answer:
    """One subscription, with its status and counters.

    Source: ETSI GS CIM 009, 5.8.3, 6.11.3.1; 4.3.6.8 (a version preferred changes nothing about it).
    """
    found = _subscriptions(call).get(call.tenant, _id(call))
    used = _used(call, [found])
    answer = call.document(_told(call, found, used), used=used)
    answer.headers += _applied(call)
    return answer


async def update(call: Call) -> Answer:
    """Changes a subscription.

    Source: ETSI GS CIM 009, 5.8.2, 6.11.3.2.
    """
    room, subscription_id = _subscriptions(call), _id(call)
    room.get(call.tenant, subscription_id)  # nothing is kept for one that is not there
    await room.update(call.tenant, subscription_id, await _with_context(call, _object(call)), call.vocabulary)
    return nothing()


async def delete(call: Call) -> Answer:
    """Ends a subscription.

    Source: ETSI GS CIM 009, 5.8.5, 6.11.3.3.
    """
    await _subscriptions(call).delete(call.tenant, _id(call))
    return nothing()


def _subscriptions(call: Call) -> Subscriptions:
    if call.door.subscriptions is None:
        raise OperationNotSupported("This installation keeps no subscriptions")
    return call.door.subscriptions


def _id(call: Call) -> str:
    return values.uri(call.named["subscriptionId"], "The id in the address")


def _object(call: Call) -> Json:
    if not isinstance(call.body, dict):
        raise BadRequestData("A subscription is a JSON object")
    notification = call.body.get("notification")
    for member in ("pick", "omit"):
        items = notification.get(member) if isinstance(notification, dict) else None
        if isinstance(items, list) and all(isinstance(item, str) for item in items) and items:
            projection(items, call.vocabulary)  # refused now, rather than at the first notification
    return call.body


async def _with_context(call: Call, given: Json) -> Json:
    """What was given, with a jsonldContext that stands for an @context of several parts (5.8.1.4).

    A notification in plain JSON can name but one URL, in its Link header.
    """
    if "jsonldContext" in given:
        return given
    url = await contexts.implied(call)
    return given if url is None else given | {"jsonldContext": url}


def _told(call: Call, subscription: Subscription, used: bool) -> Json:
    sys_attrs = "sysAttrs" in call.known_options("sysAttrs")
    return subscription.told(call.naming(used).compact, sys_attrs=sys_attrs)


def _used(call: Call, found: list[Subscription]) -> bool:
    """Whether a name of ours stands in the answer, so that our @context has to be named."""
    own = call.vocabulary.own
    return bool(own) and any(not own.isdisjoint(subscription.names) for subscription in found)


def _page_link(limit: int, offset: int, rel: str) -> bytes:
    return f'<{ROOT}/subscriptions?limit={limit}&offset={offset}>;rel="{rel}";type="{LD_JSON}"'.encode()


def _applied(call: Call) -> list[tuple[bytes, bytes]]:
    """Preference-Applied, where a version of the API was preferred (6.3.17, RFC 7240)."""
    for part in call.asked.header(b"prefer").split(","):
        if wanted := _VERSION.match(part.strip()):
            return [(b"preference-applied", f"ngsi-ld={wanted[1]}".encode())]
    return []


_WHOLE: Final = "/subscriptions"
_ONE: Final = "/subscriptions/{subscriptionId}"
# Members as `routes.Route` has them. Who sees a subscription sees what it sends to its endpoint,
# tokens included: reading takes the same right as changing.
_SHARED: Final[Json] = {"action": "subscriptions.manage"}
ROUTES: Final[tuple[Json, ...]] = (
    _SHARED | {"method": "POST", "path": _WHOLE, "operation": "createSubscription", "clause": "6.10.3.1",
               "handler": create, "body": "part", "creates": True},
    _SHARED | {"method": "GET", "path": _WHOLE, "operation": "querySubscriptions", "clause": "6.10.3.2",
               "handler": listed, "parameters": ("options", "limit", "offset", "count"), "produces": "plain"},
    _SHARED | {"method": "GET", "path": _ONE, "operation": "retrieveSubscription", "clause": "6.11.3.1",
               "handler": retrieve, "parameters": ("options",), "produces": "plain"},
    _SHARED | {"method": "PATCH", "path": _ONE, "operation": "updateSubscription", "clause": "6.11.3.2",
               "handler": update, "body": "part"},
    _SHARED | {"method": "DELETE", "path": _ONE, "operation": "deleteSubscription", "clause": "6.11.3.3",
               "handler": delete},
)  # fmt: skip
