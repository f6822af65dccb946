"""MQTT topics and NATS subjects are two spellings of one name; this is NATS's own mapping, so that both sides agree.

``/`` becomes ``.`` and ``.`` becomes ``//``; an empty level is written ``/``. Whitespace has no spelling: NATS closes
the connection of a device that publishes on such a topic.
Source: nats-server, server/mqtt.go: mqttToNATSSubjectConversion, natsSubjectToMQTTTopic.
"""

from __future__ import annotations

from .messages import MqttGrant

OUR_SUBJECTS = frozenset({"raw", "changes", "commands", "dead"})
"""First levels that are ours: a tenant of that name could reach into our streams."""


def subject_of(topic: str) -> str:
    """The NATS subject of a topic or of a filter (``+`` → ``*``, ``#`` → ``>``).

    Raises:
        ValueError: whitespace, control characters, or a character that is a wildcard to NATS alone.
    """
    if not topic or any(c <= " " or c == "\x7f" or c in "*>" for c in topic):
        raise ValueError(f"{topic!r} has no NATS subject")
    subject = ""
    for position, char in enumerate(topic):
        if char == "/":
            if position == 0 or subject[-1] == ".":
                subject += "/."
            elif topic[position + 1 : position + 2] in ("", "/"):
                subject += "./"
            else:
                subject += "."
        else:
            subject += {".": "//", "+": "*", "#": ">"}.get(char, char)
    return subject + "/" if subject[-1] == "." else subject


def topic_of(subject: str) -> str:
    """The MQTT topic of a subject."""
    if "/" not in subject:
        return subject.replace(".", "/")
    topic, position = "", 0
    while position < len(subject):
        char = subject[position]
        if char == "/":
            following = subject[position + 1 : position + 2]
            if following and following in "./":
                topic += "/" if following == "." else "."
                position += 1
        else:
            topic += "/" if char == "." else char
        position += 1
    return topic


def matches(pattern: str, topic: str) -> bool:
    """Whether an MQTT filter covers a topic. Source: MQTT 3.1.1, 4.7."""
    levels = topic.split("/")
    for position, part in enumerate(pattern.split("/")):
        if part == "#":
            return True
        if position >= len(levels) or part not in ("+", levels[position]):
            return False
    return len(levels) == pattern.count("/") + 1


def first_level(pattern: str) -> str:
    """The first level of a grant's filter.

    Raises:
        ValueError: it is a wildcard or a name of ours, so that the grant would reach beyond devices.
    """
    level = pattern.partition("/")[0]
    if not level or level[0] in "$+#" or level in OUR_SUBJECTS:
        raise ValueError(f"A device may not be granted {pattern!r}: the first level must be a name, and none of ours")
    return level


def subjects(grant: MqttGrant) -> tuple[list[str], list[str]]:
    """A grant as subjects to publish on and to subscribe to. ``a/#`` also covers ``a`` (MQTT 3.1.1, 4.7.1.2).

    Raises:
        ValueError: a filter that cannot be granted.
    """

    def spell(filters: tuple[str, ...]) -> list[str]:
        spelled = []
        for pattern in filters:
            first_level(pattern)
            spelled.append(subject_of(pattern))
            if pattern.endswith("/#") and len(pattern) > 2:
                spelled.append(subject_of(pattern[:-2]))
        return spelled

    return spell(grant.publish), spell(grant.subscribe)
