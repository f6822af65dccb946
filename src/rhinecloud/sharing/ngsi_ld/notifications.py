"""The message of a notification: entities rendered as their subscription wants them.

Source: ETSI GS CIM 009, 5.3.1 (Notification), 5.8.6 (what it tells), 6.3.8 (over HTTP), 7.2 (over MQTT).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from rhinecloud.base.clock import iso
from rhinecloud.base.errors import RhineError
from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance
from rhinecloud.context import CORE_URL, Message, Notice, Subscription, Told, Vocabularies, Vocabulary

from .call import encode
from .negotiation import GEO_JSON, JSON, LD_JSON, context_link
from .render import Json, Renderer, View, targets_of
from .views import FORMS, projection

if TYPE_CHECKING:
    from rhinecloud.context import Present, Presents

_HEAD: Final = ("id", "type", "scope", "createdAt", "modifiedAt", "expiresAt")
MOST_LINKED: Final = 10_000
_PREVIOUS: Final = {kind: f"previous{member[0].upper()}{member[1:]}" for kind, member in VALUE_MEMBER.items()}


class _Whole:
    """Names that are expanded already."""

    @staticmethod
    def expand(name: str) -> str:
        return name

    expand_value = expand


def renderer(
    presents: Presents, vocabularies: Vocabularies, default_tenant: str
) -> Callable[[Subscription, Notice], Awaitable[Message]]:
    """The function that `Subscriptions` renders its notifications with."""

    async def render(subscription: Subscription, notice: Notice) -> Message:
        vocabulary = await _vocabulary(vocabularies, subscription)
        view = view_of(subscription)
        present = presents.open(subscription.tenant)
        context = vocabulary.source
        if vocabulary is vocabularies.default:
            if _own(vocabulary, notice.told):
                context = [vocabularies.own_url, CORE_URL] if vocabularies.own_url else CORE_URL
            else:
                vocabulary, context = vocabularies.core, CORE_URL
        data = _data(present, vocabulary, view, notice.told, subscription)
        return _message(subscription, notice, data, context, default_tenant)

    return render


async def _vocabulary(vocabularies: Vocabularies, subscription: Subscription) -> Vocabulary:
    if subscription.kept.context == vocabularies.default.source and "jsonldContext" not in subscription.kept.document:
        return vocabularies.default
    try:
        return await vocabularies.load(subscription.kept.context, subscription.tenant)
    except RhineError:
        return vocabularies.core  # better with long names than not at all


def view_of(subscription: Subscription) -> View:
    """How a subscription's entities are to look (5.2.14)."""
    params, document = subscription.notification, subscription.kept.document
    form: Any = FORMS[params["format"]]
    join: Any = params.get("join", "@none")
    attributes, datasets = params.get("attributes"), document.get("datasetId")
    return View(
        form=form,
        sys_attrs=bool(params.get("sysAttrs")),
        lang=document.get("lang", ""),
        # Not as View.attrs: entities that are linked are shown whole.
        pick={name: {} for name in (*_HEAD, *attributes)} if attributes else projection(params.get("pick"), _Whole()),
        omit=projection(params.get("omit"), _Whole()),
        datasets=None if datasets is None else frozenset(datasets),
        geo=subscription.endpoint["accept"] == GEO_JSON,
        join="" if join == "@none" else join,
        join_level=params.get("joinLevel", 1),
    )


def _data(
    present: Present, vocabulary: Vocabulary, view: View, told: list[Told], subscription: Subscription
) -> list[Json]:
    entities = [_with_changes(one, vocabulary, view) for one in told]
    linked = _linked(present, view, entities, subscription)
    render = Renderer(view, vocabulary, linked)
    shown = []
    for one, entity in zip(told, entities, strict=True):
        rendered = render.entity(entity)
        if one.deleted_us:
            (rendered["properties"] if view.geo else rendered)["deletedAt"] = iso(one.deleted_us)
        shown.append(rendered)
    if view.join == "flat":
        shown += [render.linked(entity, None, None) for entity in linked.values()]
    return [rendered for rendered in shown if rendered]


def _with_changes(told: Told, vocabulary: Vocabulary, view: View) -> Entity:
    """The entity with what was removed, and beside what changed what was there before."""
    entity = told.entity
    if view.sys_attrs and "_c" not in entity:
        entity = entity | {"_c": told.deleted_us, "_m": told.deleted_us}
    if not told.removed and not told.before:
        return entity
    attrs: dict[str, list[Instance]] = dict(entity["attrs"])
    for (attr, _), instance in _collapsed(told).items():
        gone = instance | ({"deletedAt": iso(told.deleted_us or entity["_m"])} if view.sys_attrs else {})
        attrs[attr] = [*attrs.get(attr, ()), gone]
    for (attr, dataset), was in told.before.items():
        attrs[attr] = [
            i | _previous(was, vocabulary) if (i.get("datasetId") or "") == dataset else i for i in attrs.get(attr, ())
        ]
    return entity | {"attrs": attrs}


def _collapsed(told: Told) -> dict[tuple[str, str], Instance]:
    """What was removed; of an attribute that is gone with all its instances just one says so (4.5.0)."""
    if told.before:
        return told.removed
    found: dict[tuple[str, str], Instance] = {}
    for (attr, dataset), instance in told.removed.items():
        if attr in told.entity["attrs"] or len([a for a, _ in told.removed if a == attr]) == 1:
            found[attr, dataset] = instance
        else:
            found[attr, ""] = {member: value for member, value in instance.items() if member != "datasetId"}
    return found


def _previous(was: Instance, vocabulary: Vocabulary) -> Json:
    kind = was.get("type", "Property")
    value = was.get(VALUE_MEMBER[kind])
    if kind == "VocabProperty":
        value = [*map(vocabulary.compact, value)] if isinstance(value, list) else vocabulary.compact(str(value))
    return {_PREVIOUS[kind]: value}


def _linked(present: Present, view: View, entities: list[Entity], subscription: Subscription) -> dict[str, Entity]:
    """Entities within `join_level` steps over the relationships that are shown (4.5.23)."""
    found: dict[str, Entity] = {}
    if not view.join:
        return found
    seen, front = {entity["id"] for entity in entities}, entities
    readable = subscription.query.readable
    for _ in range(view.join_level):
        wanted = [
            target
            for entity in front
            for _, target in targets_of(entity, view, view.pick, view.omit)
            if target not in seen
        ]
        seen.update(wanted)
        front = [
            entity
            for entity in present.get_many(wanted[: MOST_LINKED - len(found)])
            if readable is None or not readable.isdisjoint(entity["type"])
        ]
        found.update((entity["id"], entity) for entity in front)
    return found


def _message(
    subscription: Subscription, notice: Notice, data: list[Json], context: Any, default_tenant: str
) -> Message:
    accept = subscription.endpoint["accept"]
    info = [(pair["key"], pair["value"]) for pair in subscription.endpoint.get("receiverInfo", ())]
    document: Json = {
        "id": f"urn:ngsi-ld:Notification:{uuid4()}",
        "type": "Notification",
        "subscriptionId": subscription.id,
        "notifiedAt": iso(notice.notified_us),
        "data": data,
    }
    headers = [("Content-Type", accept)]
    plain = accept == GEO_JSON and any(k.lower() == "prefer" and v.replace(" ", "") == "body=json" for k, v in info)
    if accept == GEO_JSON:
        document["data"] = {"type": "FeatureCollection", "features": data}
    if accept == JSON or plain:
        headers.append(("Link", context_link(_url(context)).decode()))
    elif accept == LD_JSON:
        document["@context"] = context
        for entity in data:
            entity["@context"] = context
    else:
        document["data"]["@context"] = context
    if subscription.tenant != default_tenant:
        headers.append(("NGSILD-Tenant", subscription.tenant))
    given = {name.lower() for name, _ in info}
    headers = [(name, value) for name, value in headers if name.lower() not in given] + info
    return Message(headers, encode(document))


def _url(context: Any) -> str:
    urls = context if isinstance(context, list) else [context]
    return next((url for url in urls if isinstance(url, str)), CORE_URL)


def _own(vocabulary: Vocabulary, told: list[Told]) -> bool:
    own = vocabulary.own
    return any(not own.isdisjoint(t.entity["attrs"]) or not own.isdisjoint(t.entity["type"]) for t in told)
