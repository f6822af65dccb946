"""From a request's @context to a compiled vocabulary.

Remote documents are put in place first; what is left is plain objects, which PyLD turns into term definitions.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from rhinecloud.base.declare import COMMON_TERMS, SMART_DATA_MODELS, Model
from rhinecloud.base.declare import CORE_TERMS as DECLARED_CORE
from rhinecloud.base.errors import BadRequestData, VocabularyUnavailable

from .core import CORE_PREFIXES, CORE_TERMS, CORE_URL, CORE_URLS, DEFAULT_VOCAB, core_document
from .documents import Documents
from .terms import Vocabulary

DEEPEST: Final = 8  # documents that name documents
MOST: Final = 64  # objects of one @context
KEPT: Final = 512  # compiled vocabularies
_LARGE: Final = 50  # terms from which compiling goes to a thread

_SMART_DATA_MODEL = re.compile(
    r"https://(?:raw\.githubusercontent\.com/smart-data-models|smart-data-models\.github\.io)/(dataModel\.\w+)/.*jsonld\Z"
)

Hosted = Callable[[str, str], Any]
"""(tenant, URL) → the value of @context of a document that this city hosts under that URL, or None."""


class Vocabularies:
    """All vocabularies in use.

    Args:
        model: our declared types, whose terms the default vocabulary knows.
        own_url: under which our own @context is served; named in answers that use it.
        allow_private: whether @contexts may be loaded from private and loopback addresses.
        hosted: finds @contexts that this city hosts itself.
    """

    def __init__(
        self, model: Model, *, own_url: str = "", allow_private: bool = False, hosted: Hosted = lambda tenant, url: None
    ) -> None:
        self.documents = Documents(allow_private=allow_private)
        self.hosted = hosted
        self.own_url = own_url
        ours = {term: iri for term, iri in model.terms.items() if term not in DECLARED_CORE and term not in CORE_TERMS}
        self.own_document = {"@context": [dict(sorted(ours.items())), CORE_URL]}
        self.core = Vocabulary(CORE_URL)
        self.default = Vocabulary(CORE_URL, ours, own=frozenset(ours.values()))
        self._compiled: OrderedDict[str, Vocabulary] = OrderedDict()
        self._by_url: dict[tuple[str, str], tuple[tuple[int, int], Vocabulary]] = {}
        self.hosted_changes = 0  # to be raised by whoever adds or deletes a hosted document

    async def load(self, context: str | list[Any] | dict[str, Any] | None, tenant: str) -> Vocabulary:
        """The vocabulary of an @context as a request carries it; the default one for None.

        Raises:
            BadRequestData: it is no @context, or has scoped @contexts (5.5.7).
            VocabularyUnavailable: a remote part cannot be loaded.
        """
        if context is None:
            return self.default
        if isinstance(context, str):
            if context in CORE_URLS:
                return self._core(context)
            # The commonest case, one URL in a Link header: nothing has changed since it was last compiled.
            known_at = self._by_url.get((tenant, context))
            if known_at is not None and known_at[0] == self._state() and self.documents.is_fresh(context):
                self.documents.touch(context)
                return known_at[1]
        vocabulary = await self._compile(context, tenant)
        if isinstance(context, str):
            if len(self._by_url) > KEPT:
                self._by_url.clear()
            self._by_url[tenant, context] = (self._state(), vocabulary)
        return vocabulary

    @staticmethod
    def is_core(url: str) -> bool:
        """Whether this is the address of a core @context, which is always here."""
        return url in CORE_URLS

    @staticmethod
    def core_document() -> dict[str, Any]:
        """The core @context, to be served."""
        return core_document()

    def _state(self) -> tuple[int, int]:
        return self.documents.changes, self.hosted_changes

    async def _compile(self, context: Any, tenant: str) -> Vocabulary:
        parts: list[dict[str, Any]] = []
        await self._resolve(context, tenant, parts, 0)
        key = _key([context, parts])
        known = self._compiled.get(key)
        if known is not None:
            self._compiled.move_to_end(key)
            return known
        if not parts and _only_core(context):
            vocabulary = self._core(context)
        elif sum(map(len, parts)) > _LARGE:
            vocabulary = await asyncio.to_thread(compile_parts, context, parts)
        else:
            vocabulary = compile_parts(context, parts)
        self._compiled[key] = vocabulary
        if len(self._compiled) > KEPT:
            self._compiled.popitem(last=False)
        return vocabulary

    def _core(self, source: Any) -> Vocabulary:
        return self.core if source == CORE_URL else Vocabulary(source)

    async def _resolve(self, context: Any, tenant: str, parts: list[dict[str, Any]], depth: int) -> None:
        """Appends to `parts` the objects that `context` consists of, in order, remote ones put in place."""
        if depth > DEEPEST or len(parts) > MOST:
            raise BadRequestData("The @context names too many other ones")
        if isinstance(context, list):
            for item in context:
                await self._resolve(item, tenant, parts, depth + 1)
        elif isinstance(context, str):
            await self._resolve_url(context, tenant, parts, depth)
        elif isinstance(context, dict):
            if "@import" in context:
                await self._resolve(context["@import"], tenant, parts, depth + 1)
            _refuse_scoped(context)
            parts.append(
                {term: given for term, given in context.items() if term != "@import" and not _looks_reserved(given)}
            )
        elif context is not None:
            raise BadRequestData("An @context is a URL, an object, or a list of these")

    async def _resolve_url(self, url: str, tenant: str, parts: list[dict[str, Any]], depth: int) -> None:
        if url in CORE_URLS:
            return
        if ":" not in url:
            raise BadRequestData(f"The @context {url[:200]!r} is no absolute URL")
        if url == self.own_url:
            parts.append(self.own_document["@context"][0])  # type: ignore[arg-type]
            return
        found = self.hosted(tenant, url)
        if found is None:
            try:
                found = await self.documents.context(url)
            except VocabularyUnavailable:
                subject = _SMART_DATA_MODEL.match(url)
                if not subject:
                    raise
                found = _stand_in(subject[1])
        await self._resolve(found, tenant, parts, depth + 1)


def _stand_in(subject: str) -> dict[str, Any]:
    """What a Smart Data Model's @context says, where it cannot be loaded: nearly all its terms lie in one namespace."""
    shared = {term: SMART_DATA_MODELS + term for term in sorted(COMMON_TERMS)}
    return shared | {"@vocab": f"{SMART_DATA_MODELS}{subject}/"}


def _refuse_scoped(context: Mapping[str, Any]) -> None:
    for term, given in context.items():
        if isinstance(given, dict) and "@context" in given:
            raise BadRequestData(
                f"The @context has a scoped @context (in the term {term[:80]!r}), which is not allowed"
            )


def _looks_reserved(given: Any) -> bool:
    """JSON-LD ignores terms defined as "@something" that is no keyword."""
    return isinstance(given, str) and given[:1] == "@" and given not in ("@id", "@type", "@json", "@none", "@vocab")


def _only_core(context: Any) -> bool:
    return all(_only_core(item) for item in context) if isinstance(context, list) else context in CORE_URLS


def _key(context: Any) -> str:
    return msgspec.json.encode(context, order="sorted").decode()


def compile_parts(source: Any, parts: list[dict[str, Any]]) -> Vocabulary:
    """Term definitions of a list of context objects, later ones over earlier ones (JSON-LD 1.1, 4.1).

    The core's terms stand before them unprotected, so that prefixes such as ``ngsi-ld:`` resolve, and
    `Vocabulary` sets them over all others afterwards.
    """
    from pyld import jsonld

    base = {"@version": 1.1, "@vocab": DEFAULT_VOCAB, "id": "@id", "type": "@type", **CORE_PREFIXES, **CORE_TERMS}
    processor = jsonld.JsonLdProcessor()
    options: dict[str, Any] = {"processingMode": "json-ld-1.1", "base": "", "documentLoader": _no_loader}
    try:
        active = processor._get_initial_context(options)
        for part in [base, *parts]:
            active = processor.process_context(active, part, options)
    except (jsonld.JsonLdError, RecursionError, TypeError, ValueError, AttributeError, KeyError) as error:
        reason = str(error.args[0] if error.args else error).rpartition("; ")[2][:200]
        raise BadRequestData(f"The @context is not valid JSON-LD: {reason}") from error
    mappings = {
        term: given
        for term, given in active["mappings"].items()
        if given and isinstance(given.get("@id"), str) and given["@id"][0] != "@" and not given.get("reverse")
    }
    vocab = active.get("@vocab")
    return Vocabulary(
        source,
        {
            term: given["@id"]
            for term, given in mappings.items()
            if term not in CORE_TERMS and term not in CORE_PREFIXES
        },
        {term: given["@type"] for term, given in mappings.items() if isinstance(given.get("@type"), str)},
        [term for term, given in mappings.items() if given.get("_prefix")],
        vocab if isinstance(vocab, str) and vocab and vocab != DEFAULT_VOCAB else "",
    )


def _no_loader(url: str, options: Any) -> Any:
    raise ValueError(f"the @context names {url[:200]} where it may not")
