"""The city's past: every change of every attribute, kept.

In: the outbox of each tenant's present, batch by batch. Out: series, figures, the city as of a moment, temporal
evolutions, files. It must not know HTTP, nor who asks.
"""

from .as_of import Box
from .histories import Histories, History
from .series import METHODS, Bucket, Series

__all__ = ["METHODS", "Box", "Bucket", "Histories", "History", "Series"]
