"""The mapping of topics to subjects is NATS's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.backbone import MqttGrant, matches
from rhinecloud.backbone.streams import name_of, raw_subject
from rhinecloud.backbone.topics import subject_of, subjects, topic_of


@pytest.mark.parametrize(
    ("topic", "subject"),
    [
        # Source: the table in the NATS documentation, "MQTT topics to NATS subjects".
        ("/", "/./"),
        ("/foo", "/.foo"),
        ("foo/", "foo./"),
        ("foo/bar", "foo.bar"),
        ("/foo/bar", "/.foo.bar"),
        ("foo//bar", "foo./.bar"),
        ("foo/./bar", "foo.//.bar"),
        ("a.b/c", "a//b.c"),
        ("city/gauge-ü/水", "city.gauge-ü.水"),
    ],
)
def test_a_topic_and_its_subject_lead_to_each_other(topic: str, subject: str) -> None:
    assert subject_of(topic) == subject
    assert topic_of(subject) == topic


@given(st.lists(st.text("ab.ü-", min_size=1, max_size=3), min_size=1, max_size=5))
def test_every_topic_without_empty_levels_comes_back(levels: list[str]) -> None:
    topic = "/".join(levels)
    if "." not in topic:  # beside a level's end NATS's own mapping of dots is ambiguous
        assert topic_of(subject_of(topic)) == topic


@pytest.mark.parametrize("topic", ["", "a b", "a\tb", "a\nb", "a/*/b", "a/>", "\x7f"])
def test_what_nats_cannot_spell_is_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="has no NATS subject"):
        subject_of(topic)


@pytest.mark.parametrize(
    "pattern", ["#", "+/x", "$MQTT/msgs/#", "$SYS/#", "raw/x/#", "changes/#", "/x", "*/x/#", "city/>/up"]
)
def test_a_grant_beyond_devices_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        subjects(MqttGrant((pattern,), ()))


def test_a_grant_of_everything_below_includes_the_level_itself() -> None:
    assert subjects(MqttGrant(("city/gauge/#",), ("city/+/x",))) == (["city.gauge.>", "city.gauge"], ["city.*.x"])


@pytest.mark.parametrize(
    ("pattern", "topic", "covered"),
    [("a/#", "a", True), ("a/#", "a/b/c", True), ("a/+", "a/b", True), ("a/+", "a/b/c", False), ("a/b", "a", False)],
)
def test_filters_cover_topics_as_mqtt_says(pattern: str, topic: str, covered: bool) -> None:
    assert matches(pattern, topic) is covered


@given(st.text(min_size=1, max_size=20))
def test_any_name_of_a_device_or_feed_survives_the_raw_stream(name: str) -> None:
    subject = raw_subject("city", "http", name)
    assert subject.isascii()
    assert len(subject.split(".")) == 4
    assert name_of(subject) == f"http/city/{name}"
