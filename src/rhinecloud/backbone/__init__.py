"""The backbone: NATS with JetStream, embedded; MQTT broker for devices, durable log of what came in, and our bus.

In: bytes that devices and our own rooms publish. Out: the same bytes, durable and numbered, in batches to whoever
consumes them, and commands to devices. It must not know what the bytes mean, nor what an entity is.
"""

from .connection import Backbone
from .messages import Authenticate, Handler, MqttGrant, RawMessage
from .streams import MQTT, RAW, raw_subject
from .topics import matches

__all__ = ["MQTT", "RAW", "Authenticate", "Backbone", "Handler", "MqttGrant", "RawMessage", "matches", "raw_subject"]
