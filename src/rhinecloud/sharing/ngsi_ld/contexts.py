"""@contexts that this broker keeps: those it hosts for a tenant, and those it has cached from elsewhere.

Source: ETSI GS CIM 009, 5.13, 6.29, 6.30.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import NAMESPACE_URL, uuid4, uuid5

import msgspec

from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.errors import BadRequestData, InvalidRequest, NonexistentTenant, ResourceNotFound
from rhinecloud.sharing.exchange import JSON, Answer

from .call import ROOT, Call, encode, nothing
from .render import Json

KINDS: Final = frozenset(["Hosted", "Cached", "ImplicitlyCreated"])
_DOCUMENTS: Final = "context"
_PATH: Final = f"{ROOT}/jsonldContexts/"
OWN: Final = "rhinecloud"  # our own vocabulary's id


class Hosted(msgspec.Struct):
    """A hosted @context as it is kept."""

    id: str
    context: Any
    created_us: int
    kind: str = "Hosted"


def hosted_by(presents: Any, hits: dict[str, int]) -> Callable[[str, str], Any]:
    """What `Vocabularies.hosted` is set to: finds @contexts under our own addresses, counting their uses."""

    def find(tenant: str, url: str) -> Any:
        _, marker, last = url.partition(_PATH)
        if not marker or not last:
            return None
        try:
            kept = _kept(presents.open(tenant), unquote(last))
        except NonexistentTenant:
            return None
        if kept is None:
            return None
        hits[kept.id] = hits.get(kept.id, 0) + 1
        return kept.context

    return find


async def add(call: Call) -> Answer:
    """Hosts an @context.

    Source: ETSI GS CIM 009, 5.13.2, 6.29.3.1.
    """
    if not isinstance(call.body, dict) or "@context" not in call.body:
        raise InvalidRequest("The body is an object with a member @context")
    context = call.body["@context"]
    _check(context)
    context_id = f"urn:uuid:{uuid4()}"
    await keep(call, Hosted(context_id, context, now_us()))
    return Answer(201, b"", [(b"location", (_PATH + context_id).encode())])


async def keep(call: Call, hosted: Hosted) -> None:
    """Keeps a hosted or implicitly created @context."""
    await call.present.save_document(_DOCUMENTS, hosted.id, encode(hosted))
    call.door.vocabularies.hosted_changes += 1


async def implied(call: Call) -> str | None:
    """The address of an @context that no single URL names, kept here for messages that can only name one.

    None where the request's @context is one URL, with or without the core's. The same @context is kept once.

    Source: ETSI GS CIM 009, 5.8.1.4, 5.13.1 (ImplicitlyCreated).
    """
    vocabularies, context = call.door.vocabularies, call.vocabulary.source
    items = [item for item in (context if isinstance(context, list) else [context]) if item]
    beyond_core = [item for item in items if not (isinstance(item, str) and vocabularies.is_core(item))]
    if (
        call.vocabulary is vocabularies.default
        or not beyond_core
        or (len(beyond_core) == 1 and isinstance(beyond_core[0], str))
    ):
        return None
    content = msgspec.json.encode(context, order="sorted").decode()
    context_id = f"urn:uuid:{uuid5(NAMESPACE_URL, content)}"
    if _kept(call.present, context_id) is None:
        await keep(call, Hosted(context_id, context, now_us(), "ImplicitlyCreated"))
    return _url(call, context_id)


def _check(context: Any) -> None:
    """Refuses what can be no @context, without loading what it names."""
    for item in context if isinstance(context, list) else [context]:
        if not isinstance(item, str | dict) or not item:
            raise BadRequestData("An @context is a URL, an object, or a list of these")


async def listed(call: Call) -> Answer:
    """The @contexts that are kept, as URLs or with details.

    Source: ETSI GS CIM 009, 5.13.3, 6.29.3.2.
    """
    details = call.flag("details")
    kind = call.params.get("kind")
    if kind is not None and kind not in KINDS:
        raise BadRequestData(f"kind is one of {', '.join(sorted(KINDS))}")
    found = [_told_hosted(call, hosted) for hosted in _all_kept(call.present)]
    found += [_told_cached(document) for document in call.door.vocabularies.documents.kept()]
    found = [told for told in found if kind is None or told["kind"] == kind]
    return _plain(found if details else [told["URL"] for told in found])


async def serve(call: Call) -> Answer:
    """An @context itself, or what is known about it.

    Source: ETSI GS CIM 009, 5.13.4, 6.30.3.1.
    """
    details = call.flag("details")
    name = call.named["contextId"]
    if call.door.vocabularies.is_core(name):
        told = {"URL": name, "localId": name, "kind": "Cached", "createdAt": iso(0), "numberOfHits": 0}
        return _plain(told if details else call.door.vocabularies.core_document())
    if name == OWN:
        return _plain(call.door.vocabularies.own_document)
    hosted = _kept(call.present, name)
    if hosted is not None:
        if details:
            return _plain(_told_hosted(call, hosted))
        call.door.hits[hosted.id] = call.door.hits.get(hosted.id, 0) + 1
        return _plain({"@context": hosted.context})
    document = call.door.vocabularies.documents.find(name)
    if document is None:
        raise ResourceNotFound("There is no such @context here")
    told = _told_cached(document)
    call.door.vocabularies.documents.touch(document.url)  # being served is a use too
    return _plain(told if details else {"@context": document.context})


async def delete(call: Call) -> Answer:
    """Takes an @context away; with reload, a cached one is loaded anew.

    Source: ETSI GS CIM 009, 5.13.5, 6.30.3.2.
    """
    if call.params.get("reload", "false") not in ("true", "false"):
        raise BadRequestData("The parameter reload is true or false")
    reload = call.flag("reload")
    name = call.named["contextId"]
    vocabularies = call.door.vocabularies
    if call.door.vocabularies.is_core(name):
        if not reload:
            raise BadRequestData("The core @context is not deleted")
        return nothing()  # it is part of this program: as fresh as it gets
    document = vocabularies.documents.find(name)
    if reload:
        if document is None:
            raise BadRequestData("Only an @context that was loaded from elsewhere can be loaded again")
        await vocabularies.documents.load(document.url)
        return nothing()
    hosted = _kept(call.present, name)
    if hosted is not None:
        await call.present.delete_document(_DOCUMENTS, hosted.id)
        vocabularies.hosted_changes += 1
        call.door.hits.pop(hosted.id, None)
    elif document is not None:
        vocabularies.documents.drop(document.url)
    else:
        raise ResourceNotFound("There is no such @context here")
    return nothing()


def _kept(present: Any, context_id: str) -> Hosted | None:
    found = present.document(_DOCUMENTS, context_id) if present is not None else None
    return msgspec.json.decode(found, type=Hosted) if found else None


def _all_kept(present: Any) -> list[Hosted]:
    """Those of a tenant; none, where the tenant does not exist."""
    kept = present.documents(_DOCUMENTS) if present is not None else {}
    return [msgspec.json.decode(body, type=Hosted) for body in kept.values()]


def _told_hosted(call: Call, hosted: Hosted) -> Json:
    return {
        "URL": _url(call, hosted.id),
        "localId": hosted.id,
        "kind": hosted.kind,
        "createdAt": iso(hosted.created_us),
        "numberOfHits": call.door.hits.get(hosted.id, 0),
    }


def _url(call: Call, context_id: str) -> str:
    return f"{call.door.base_url}{_PATH}{quote(context_id, safe=':')}"


def _told_cached(document: Any) -> Json:
    return {
        "URL": document.url,
        "localId": document.id,
        "kind": "Cached",
        "createdAt": iso(document.created_us),
        "lastUsage": iso(document.used_us),
        "numberOfHits": document.hits,
    }


def _plain(document: Any) -> Answer:
    return Answer(200, encode(document), [(b"content-type", JSON)])
