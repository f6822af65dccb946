"""One call of an operation, as its handler sees it: who asks, of which tenant, in which words, and how to answer."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote

import msgspec

from rhinecloud.base.errors import BadRequestData, InvalidRequest
from rhinecloud.base.model import Update
from rhinecloud.context import CORE_URL, Vocabularies, Vocabulary
from rhinecloud.sharing.exchange import Answer, Asked

from . import values
from .negotiation import GEO_JSON, JSON, LD_JSON, context_link, linked_context, preference
from .render import Json, View
from .shown import Look, Shown

if TYPE_CHECKING:
    from rhinecloud.base.settings import Settings
    from rhinecloud.context import Present, Presents, Subscriptions

ROOT: Final = "/ngsi-ld/v1"
Headers = Sequence[tuple[bytes, bytes]]
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


class Who(Protocol):
    """The part of a principal that this door uses; `tenant` is "" where they belong to all, or to none."""

    @property
    def source(self) -> str: ...
    @property
    def tenant(self) -> str: ...


class AccessLike(Protocol):
    """The part of `rhinecloud.access` that this door asks."""

    def bearer(self, token: str) -> Any: ...
    def anonymous(self) -> Any: ...
    def allow(self, principal: Any, action: str, tenant: str) -> None: ...
    def readable_types(self, principal: Any, tenant: str) -> frozenset[str] | None: ...


class Door:
    """What the operations work with; made once."""

    def __init__(
        self,
        presents: Presents,
        histories: Any | None,
        access: AccessLike,
        vocabularies: Vocabularies,
        settings: Settings,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self.presents = presents
        self.histories = histories
        self.access = access
        self.vocabularies = vocabularies
        self.settings = settings
        self.subscriptions = subscriptions
        self.base_url = settings.public_url.rstrip("/") or f"http://localhost:{settings.port}"
        self.hits: dict[str, int] = {}  # uses of hosted @contexts since the start
        self.shown = Shown()
        self.searches: dict[Any, Any] = {}  # see `search.searched`


class Call:
    """One call. `vocabulary` and `body` are there after `read_context` or `read_body`."""

    __slots__ = (
        "asked",
        "body",
        "door",
        "ld",
        "media",
        "named",
        "params",
        "present",
        "principal",
        "readable",
        "tenant",
        "vocabulary",
    )

    def __init__(self, door: Door, asked: Asked, named: Mapping[str, str], media: str) -> None:
        self.door = door
        self.asked = asked
        self.named = named
        given = asked.query  # of which an empty parameter is as good as none
        self.params = {name: text for name, text in given.items() if text} if "" in given.values() else given
        self.media = media  # of the answer
        self.tenant = ""
        self.present: Present = None  # type: ignore[assignment] # only where an operation takes any tenant
        self.principal: Who
        self.readable: frozenset[str] | None = None  # types that may be read; None: all
        self.vocabulary: Vocabulary = door.vocabularies.default
        self.body: Any = None
        self.ld = False  # the body is application/ld+json

    # What was asked

    def flag(self, name: str) -> bool:
        """A parameter that is true or false."""
        text = self.params.get(name)
        if text is None or text in ("true", "false"):
            return text == "true"
        raise BadRequestData(f"The parameter {name} is true or false, not {text[:40]!r}")

    def number(self, name: str, default: int, most: int = 10**15) -> int:
        """A parameter that is a whole number."""
        text = self.params.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise BadRequestData(f"{name} is a whole number, at least 0")
        if int(text) > most:
            raise BadRequestData(f"{name} is at most {most}")
        return int(text)

    def names(self, parameter: str) -> list[str]:
        """A parameter that is a list of names or ids, separated by commas."""
        text = self.params.get(parameter)
        if text is None:
            return []
        found = [item.strip() for item in text.split(",")]
        if not all(found):
            raise BadRequestData(f"The parameter {parameter} has an empty item")
        return found

    def known_options(self, *known: str) -> frozenset[str]:
        """The keywords of the parameter options.

        Raises:
            InvalidRequest: one that this operation does not know.
        """
        found = frozenset(item.strip() for item in self.params.get("options", "").split(",") if item.strip())
        if unknown := found - frozenset(known):
            raise InvalidRequest(f"options does not know {min(unknown)[:40]!r}, only {', '.join(known)}")
        return found

    def simplified_input(self) -> bool:
        """Whether the body is in the simplified representation (6.5.3.4)."""
        words = self.known_options("simplified", "keyValues")
        given = self.params.get("format")
        if given is None:
            return bool(words)
        if given not in ("simplified", "keyValues"):
            raise InvalidRequest("format is simplified or keyValues")
        return True

    def instant(self, name: str) -> str:
        """A parameter that is a date and time; "" where it is not there."""
        return values.instant(self.params[name], name) if name in self.params else ""

    def entity_id(self) -> str:
        return values.uri(self.named["entityId"], "The id in the address")

    async def read_context(self, link: str) -> None:
        """The vocabulary of a request whose @context can only be in its Link header (6.3.5)."""
        url = linked_context(link)
        if url is not None:
            self.vocabulary = await self.door.vocabularies.load(url, self.tenant)

    async def read_body(self, content_type: str, kind: str = "one") -> None:
        """Body and vocabulary of a request that has one.

        Args:
            kind: "one" document with its @context, "part": an attribute with its @context; "each": a list whose items
                have their own; "context": it is one.

        Raises:
            InvalidRequest: it is no JSON.
            BadRequestData: the @context is not where it belongs.
        """
        raw = await self.asked.body(self.door.settings.max_body_bytes)
        if not raw:
            raise InvalidRequest("The request has no body")
        try:
            self.body = _decode(raw)
        except (ValueError, RecursionError) as error:
            raise InvalidRequest(f"The body is not well-formed JSON: {error}") from error
        if not isinstance(self.body, dict | list) or (not self.body and kind == "one"):
            raise InvalidRequest("The body is neither an object nor a list, or it is empty")
        if kind == "context":
            return
        linked = linked_context(self.asked.header(b"link"))
        self.ld = content_type == LD_JSON
        if self.ld:
            if linked is not None:
                raise BadRequestData(
                    "A body of application/ld+json has its @context in itself; leave out the Link header"
                )
            if kind != "each":
                if not isinstance(self.body, dict):
                    raise BadRequestData("The body is not an object")
                if "@context" not in self.body:
                    raise BadRequestData("A body of application/ld+json has a member @context")
                self.vocabulary = await self.context_of(self.body)
        else:
            if linked is not None:
                self.vocabulary = await self.door.vocabularies.load(linked, self.tenant)
            if isinstance(self.body, dict) and "@context" in self.body:
                raise BadRequestData("A body of application/json has no @context; name it in a Link header")

    async def context_of(self, given: Json) -> Vocabulary:
        """The vocabulary that a document's own @context makes; the document loses it."""
        context = given.pop("@context")
        if context is None or context in ([], ""):
            raise BadRequestData("The @context is empty")
        return await self.door.vocabularies.load(context, self.tenant)

    # What is written

    async def write(self, updates: list[Update]) -> list[Any]:
        """Applies updates in the name of whoever asks; one result an update."""
        source = self.principal.source
        for update in updates:
            update.source = source
        return await self.present.write(updates)

    async def write_one(self, update: Update) -> Any:
        """Applies one update; its result.

        Raises:
            RhineError: the update is refused.
        """
        (result,) = await self.write([update])
        if result.error is not None:
            raise result.error
        return result

    # What is answered

    def entities(self, rendered: list[Json], *, used: bool = True, headers: Headers = ()) -> Answer:
        """Answers with a list of entities; `used`: a name of ours stands in them."""
        return self.shown([*map(encode, rendered)], used=used, headers=headers)

    def document(self, rendered: Json, *, used: bool = True) -> Answer:
        """Answers with one document."""
        return self.shown_alone(encode(rendered), used=used)

    def shown(self, found: list[bytes], *, used: bool = True, headers: Headers = ()) -> Answer:
        """Answers with a list of entities that are JSON already."""
        if self.media == GEO_JSON:
            return self._geo(b'{"type":"FeatureCollection","features":[' + b",".join(found) + b"]}", used, headers)
        if self.media == LD_JSON:
            context = self.context_named(used)
            found = [_with_context(one, context) for one in found]
        return Answer(200, b"[" + b",".join(found) + b"]", [*self._head(used), *headers])

    def shown_alone(self, found: bytes, *, used: bool = True) -> Answer:
        """Answers with one document that is JSON already."""
        if self.media == GEO_JSON:
            return self._geo(found, used, ())
        if self.media == LD_JSON:
            found = _with_context(found, self.context_named(used))
        return Answer(200, found, self._head(used))

    def _head(self, used: bool) -> list[tuple[bytes, bytes]]:
        """Content-Type, and of plain JSON the Link to the @context."""
        if self.media != JSON:
            return [(b"content-type", self.media.encode())]
        return [*_json_head(self._context_url(self.context_named(used)))]

    def _geo(self, body: bytes, used: bool, headers: Headers) -> Answer:
        context = self.context_named(used)
        head = [(b"content-type", GEO_JSON.encode()), *headers]
        if preference(self.asked.header(b"prefer"), "body") == "json":
            head.append((b"link", context_link(self._context_url(context))))
        else:
            body = _with_context(body, context)
        return Answer(200, body, head)

    def context_named(self, used: bool = True) -> Any:
        """The @context to name in an answer; `used`: a name of ours stands in it."""
        source = self.vocabulary.source
        if self.vocabulary is self.door.vocabularies.default:
            own = self.door.vocabularies.own_url
            return [own, CORE_URL] if used and own else CORE_URL
        return source

    def naming(self, used: bool) -> Vocabulary:
        """What shortens the names of an answer: the @context that it will name, and no other."""
        vocabularies = self.door.vocabularies
        return vocabularies.core if self.vocabulary is vocabularies.default and not used else self.vocabulary

    def look(self, view: View, way: Hashable, *, used: bool = True) -> Look:
        """What entities look like as they are asked for; `used`: a name of ours stands in the answer."""
        return self.door.shown.look(self.tenant, view, way, self.naming(used))

    def _context_url(self, context: Any) -> str:
        """The one URL that a Link header can name: the first of the list, since ours includes the core's."""
        urls = context if isinstance(context, list) else [context]
        return next((url for url in urls if isinstance(url, str)), CORE_URL)

    def uses_own(self, entities: list[Any]) -> bool:
        """Whether one of these entities has a type or attribute that only our own @context names."""
        own = self.vocabulary.own
        return bool(own) and any(not own.isdisjoint(e["attrs"]) or not own.isdisjoint(e["type"]) for e in entities)


def encode(document: Any) -> bytes:
    """JSON of an answer."""
    return _encode(document)


def _with_context(document: bytes, context: Any) -> bytes:
    """A JSON object with a further member, its @context."""
    between = b"," if len(document) > 2 else b""
    return document[:-1] + between + b'"@context":' + _encode(context) + b"}"


@lru_cache(maxsize=256)
def _json_head(url: str) -> Headers:
    return ((b"content-type", JSON.encode()), (b"link", context_link(url)))


def created(entity_id: str) -> Answer:
    """201 with where the entity is."""
    return Answer(201, b"", [(b"location", f"{ROOT}/entities/{quote(entity_id, safe=':@')}".encode())])


def nothing() -> Answer:
    return Answer(204)


def multi(document: Json) -> Answer:
    """207: some of it was done (6.3.6: always plain JSON)."""
    return Answer(207, encode(document), [(b"content-type", JSON.encode())])
