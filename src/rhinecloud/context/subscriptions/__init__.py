"""Who wants to hear of changes, and telling them.

In: subscriptions as they are sent, batches of changes. Out: notifications over HTTP and MQTT, dead letters.
It must not know representations: whoever does gives it the function that renders a notification.
"""

from .dead import DeadLetters, Letter, Resent
from .delivery import Notice, Render
from .endpoints import Message, Reach
from .model import Subscription, Told
from .room import Subscriptions

__all__ = [
    "DeadLetters",
    "Letter",
    "Message",
    "Notice",
    "Reach",
    "Render",
    "Resent",
    "Subscription",
    "Subscriptions",
    "Told",
]
