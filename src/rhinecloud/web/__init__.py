"""What people see: pages, live parts, and the data of their islands.

In: the other rooms, as `Rooms`. Out: one ASGI application. It must not know how things are kept or counted: it
asks the rooms, asks `access` before, and shows.
"""

from .app import build
from .districts import borough_of, districts
from .geography import ground
from .rooms import Connect, Rooms
from .security import Guarded as Screens

__all__ = ["Connect", "Rooms", "Screens", "borough_of", "build", "districts", "ground"]
