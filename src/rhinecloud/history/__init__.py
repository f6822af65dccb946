"""The city's past: every change of every attribute, kept.

In: the outbox of each tenant's present, batch by batch. Out: series, figures, the city as of a moment, temporal
evolutions, files. It must not know HTTP, nor who asks.
"""

from .append import MIRRORED
from .as_of import SCOPE, Box
from .evolution import Evolutions, TemporalQuery, Window
from .glance import Told
from .histories import Histories, History
from .replay import Replayed
from .series import METHODS, Bucket, Figures, Series, check, duration

__all__ = [
    "METHODS",
    "MIRRORED",
    "SCOPE",
    "Box",
    "Bucket",
    "Evolutions",
    "Figures",
    "Histories",
    "History",
    "Replayed",
    "Series",
    "TemporalQuery",
    "Told",
    "Window",
    "check",
    "duration",
]
