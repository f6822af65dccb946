"""A compiled vocabulary: term ↔ expanded name as dictionary look-ups, the hot path of every request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rhinecloud.base.errors import BadRequestData

from .core import CORE_COERCIONS, CORE_PREFIXES, CORE_TERMS, CORE_URLS, DEFAULT_VOCAB

_REMEMBERED = 4096  # learned names a vocabulary keeps; a hostile client sends new ones for ever
_LONGEST = 2048  # characters of a name
# 4.6.2: a letter, then letters, digits and _. Expanded names have whatever an IRI may have.
_TERM = re.compile(r"[^\W\d_]\w*\Z")
_IRI = re.compile(r"[^\W\d_][\w.+-]*:[^\s<>\"{}|\\^`\x00-\x20]+\Z")


class Vocabulary:
    """What a request's @context says, the core @context last and strongest.

    Immutable to its users: what it learns is only a memory of its own answers.

    Args:
        source: the @context as it came (URL, list, object), to be given back with answers.
        terms: term → expanded name, without the core's.
        coercions: term → "@id", "@vocab", "@json" or a datatype, without the core's.
        prefixes: the terms that may stand before a colon.
        vocab: what unknown terms are appended to.
        own: expanded names that are ours: answers that use one name our @context too.

    Source: ETSI GS CIM 009, 4.4, 5.5.7.
    """

    __slots__ = ("_coercions", "_compact", "_expand", "_prefixes", "_terms", "own", "source", "vocab")

    def __init__(
        self,
        source: Any,
        terms: Mapping[str, str] = {},
        coercions: Mapping[str, str] = {},
        prefixes: Iterable[str] = (),
        vocab: str = "",
        own: frozenset[str] = frozenset(),
    ) -> None:
        self.source = source
        self.vocab = vocab or DEFAULT_VOCAB
        self.own = own
        self._terms = {**terms, **CORE_TERMS}
        self._coercions = {t: c for t, c in coercions.items() if t not in CORE_TERMS} | CORE_COERCIONS
        self._prefixes = {p: terms[p] for p in prefixes if p in terms} | CORE_PREFIXES
        self._expand = dict(self._terms)
        self._compact = _names(self._terms)

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs that the source names."""
        given = self.source if isinstance(self.source, list) else [self.source]
        return tuple(item for item in given if isinstance(item, str))

    @property
    def is_core(self) -> bool:
        return bool(self.urls) and all(url in CORE_URLS for url in self.urls) and not isinstance(self.source, dict)

    def expand(self, name: str) -> str:
        """The expanded name of a term, a prefixed name or a name that is expanded already.

        Raises:
            BadRequestData: it can be no name.
        """
        known = self._expand.get(name)
        if known is None:
            known = self._expanded(name)
            if len(self._expand) < _REMEMBERED + len(self._terms):
                self._expand[name] = known
        return known

    def _expanded(self, name: str) -> str:
        prefix, colon, rest = name.partition(":")
        if len(name) > _LONGEST or not (_IRI if colon else _TERM).match(name):
            raise BadRequestData(f"{name[:80]!r} is no name of a type or attribute: letters, digits and _ make one")
        if not colon:
            return self.vocab + name
        if rest.startswith("//") or prefix not in self._prefixes:
            return name
        return self._prefixes[prefix] + rest

    def expand_value(self, text: str) -> str:
        """The expanded name of a text that is a value, which need not be made of letters: "non-commercial"."""
        known = self._expand.get(text)
        if known is not None:
            return known
        prefix, colon, rest = text.partition(":")
        if not colon:
            return self.vocab + text
        return text if rest.startswith("//") or prefix not in self._prefixes else self._prefixes[prefix] + rest

    def compact(self, iri: str) -> str:
        """The shortest name that expands to `iri` again; `iri` itself where there is none."""
        known = self._compact.get(iri)
        if known is None:
            known = self._compacted(iri)
            if len(self._compact) < _REMEMBERED + len(self._terms):
                self._compact[iri] = known
        return known

    def _compacted(self, iri: str) -> str:
        if iri.startswith(self.vocab):
            rest = iri[len(self.vocab) :]
            if rest and ":" not in rest and rest not in self._terms:
                return rest
        short = [
            f"{prefix}:{iri[len(start) :]}"
            for prefix, start in self._prefixes.items()
            if iri.startswith(start) and len(iri) > len(start) and f"{prefix}:{iri[len(start) :]}" not in self._terms
        ]
        return min(short, key=lambda name: (len(name), name), default=iri)

    def coercion(self, term: str) -> str | None:
        """What the @context says that values of this term are: "@id", "@vocab", "@json", a datatype, or nothing."""
        return self._coercions.get(term)

    def __repr__(self) -> str:
        return f"Vocabulary({self.source!r})"


def _names(terms: Mapping[str, str]) -> dict[str, str]:
    """Expanded name → term; of several terms the shortest, then the first in the alphabet, as JSON-LD has it."""
    names: dict[str, str] = {}
    for term, iri in terms.items():
        known = names.get(iri)
        if known is None or (len(term), term) < (len(known), known):
            names[iri] = term
    return names
