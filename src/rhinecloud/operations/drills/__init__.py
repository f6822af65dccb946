"""The demo city's everyday, and drills by scenario."""

from .everyday import Routine

__all__ = ["Routine"]
