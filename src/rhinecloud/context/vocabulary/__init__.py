"""Vocabularies: what JSON-LD calls an @context, compiled into look-ups of names.

In: an @context as a request carries it, or the URL of one. Out: a `Vocabulary` that expands and compacts names, and
`Vocabularies`, which load, compile and keep them. It must not know entities, HTTP requests or tenants' stores.
"""

from __future__ import annotations

from .core import CORE_URL, CORE_URLS, core_document
from .documents import Document
from .loading import Vocabularies
from .terms import Vocabulary

__all__ = ["CORE_URL", "CORE_URLS", "Document", "Vocabularies", "Vocabulary", "core_document"]
