"""The city's present: every entity as it is now, and the one semantics by which it changes.

In: updates (expanded names), queries. Out: entities, results, and through the outbox every change for the past and the
backbone. It must not know HTTP, devices, nor what the past does with its rows.
"""

from . import geo, ordering, q, scope, selection
from .discovery import AttributeFound, TypeFound
from .entities import apply
from .geo import GeoQuery
from .matching import compile_condition
from .present import Present
from .presents import Presents
from .q import Condition
from .query import Kept, Order, Page, Query
from .relay import Relay
from .scope import ScopeQuery
from .selection import Types
from .store import decode_entity
from .subscriptions import DeadLetters, Letter, Message, Notice, Reach, Subscription, Subscriptions, Told
from .vocabulary import CORE_URL, CORE_URLS, Document, Vocabularies, Vocabulary, core_document

__all__ = [
    "CORE_URL",
    "CORE_URLS",
    "AttributeFound",
    "Condition",
    "DeadLetters",
    "Document",
    "GeoQuery",
    "Kept",
    "Letter",
    "Message",
    "Notice",
    "Order",
    "Page",
    "Present",
    "Presents",
    "Query",
    "Reach",
    "Relay",
    "ScopeQuery",
    "Subscription",
    "Subscriptions",
    "Told",
    "TypeFound",
    "Types",
    "Vocabularies",
    "Vocabulary",
    "apply",
    "compile_condition",
    "core_document",
    "decode_entity",
    "geo",
    "ordering",
    "q",
    "scope",
    "selection",
]
