"""Media types, Link and Prefer headers."""

from __future__ import annotations

import pytest

from rhinecloud.base.errors import BadRequestData, NotAcceptable
from rhinecloud.sharing.ngsi_ld.negotiation import (
    GEO,
    PLAIN,
    context_link,
    linked_context,
    media_type,
    negotiate,
    preference,
)

REL = 'rel="http://www.w3.org/ns/json-ld#context"'


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/geo+json, application/json", "application/json"),
        ("application/geo+json;q=0.9, application/json;q=0.8", "application/geo+json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/json;q=0, */*", "application/ld+json"),
        ("application/*;q=0.2, application/geo+json", "application/geo+json"),
        ("application/json;q=abc", "application/json"),
        ("application/json;q=-1", "application/json"),
        (",,,", "application/json"),
        ("APPLICATION/LD+JSON", "application/ld+json"),
    ],
)
def test_the_heaviest_range_wins_and_among_equals_the_first_offered(accept: str, chosen: str) -> None:
    if accept == ",,,":
        with pytest.raises(NotAcceptable):
            negotiate(accept, GEO)
    else:
        assert negotiate(accept, GEO) == chosen


def test_nothing_acceptable_says_what_there_is() -> None:
    with pytest.raises(NotAcceptable) as refusal:
        negotiate("application/geo+json", PLAIN)
    assert refusal.value.extra["available"] == list(PLAIN)


def test_the_media_type_has_no_parameters() -> None:
    assert media_type("Application/JSON; charset=utf-8") == "application/json"


def test_the_context_is_the_link_of_its_relation() -> None:
    assert linked_context(f"<http://a/b,c>; {REL}; type=application/ld+json") == "http://a/b,c"
    assert linked_context(f'<http://next>; rel="next", <http://ctx>;{REL}') == "http://ctx"
    assert linked_context('<http://next>; rel="next"') is None
    assert linked_context("nonsense ;;; <<") is None
    with pytest.raises(BadRequestData):
        linked_context(f"<http://a>;{REL}, <http://b>;{REL}")


def test_a_url_cannot_break_out_of_its_header() -> None:
    assert b"\n" not in context_link("http://x/\r\nSet-Cookie: a=b")
    assert context_link("http://x/>; rel=evil").count(b">") == 1


def test_preferences_are_read_by_name() -> None:
    assert preference('body=json, ngsi-ld="1.5"; x=y', "ngsi-ld") == "1.5"
    assert preference("respond-async", "body") == ""
