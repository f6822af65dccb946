"""Working together on one incident, whoever one works for."""

from .presence import Presence

__all__ = ["Presence"]
