"""Feeds as declarations, and the readers of the formats that they come in.

A reader is a mapping wherever one will do; PEGELONLINE is the pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final
from urllib.parse import quote

import msgspec

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData

from .fetch import check_url
from .mapping import Attribute, Documents, Mapping, Time
from .plain import Plain
from .runs import Run, compile_mapping


class Feed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A source on the web that is asked on a schedule."""

    id: str
    title: str = ""
    url: str
    format: str = ""  # a name of `FORMATS`; "": by `mapping`, or NGSI-LD entities
    mapping: str = ""  # id of a mapping
    interval_s: float = 900.0
    timeout_s: float = 30.0
    headers: dict[str, str] = {}  # e.g. an API key
    options: dict[str, Any] = {}  # what the format asks for
    attribution: str = ""
    licence: str = ""
    active: bool = True
    version: int = 0

    @classmethod
    def of(cls, brought: Any, forms: Collection[str] = ()) -> Feed:
        """A pack's feed (`kit.Feed`) as a city would switch it on; it is not active.

        Raises:
            BadRequestData: it cannot be asked.
        """
        feed = cls(
            id=brought.id,
            title=brought.label.en,
            url=brought.url,
            format=brought.format,
            mapping=brought.mapping,
            interval_s=brought.interval_s,
            licence=brought.licence,
            attribution=brought.attribution,
            options=brought.options,
            active=False,
        )
        feed.check(forms)
        return feed

    def check(self, forms: Collection[str] = ()) -> None:
        """
        Args:
            forms: ids of the forms that packs bring.
        Raises:
            BadRequestData: what is wrong with which member.
        """
        check_feed(self, forms)


class Format(msgspec.Struct, frozen=True):
    """A form of answer: how its address is made, and how it is read."""

    address: Callable[[Feed], str]
    mapping: Callable[[Feed, Model], Mapping]


def check_feed(feed: Feed, forms: Collection[str] = ()) -> None:
    """
    Args:
        forms: ids of the forms that packs bring.
    Raises:
        BadRequestData: what is wrong with which member.
    """
    if not feed.id or not all(c.isalnum() or c in "._-" for c in feed.id) or len(feed.id) > 80:
        raise BadRequestData(f"Feed id {feed.id[:80]!r} cannot be used: letters, digits, '.', '_' and '-', at most 80")
    if not 10 <= feed.interval_s <= 7 * 86_400:
        raise BadRequestData(f"A feed is asked every 10 s to 7 days, not every {feed.interval_s:g} s")
    if feed.format and feed.format not in FORMATS and feed.format not in forms:
        raise BadRequestData(
            f"Format {feed.format[:40]!r} does not exist; there are {', '.join((*FORMATS, *sorted(forms)))}"
        )
    if any(not (k + v).isprintable() or "\n" in v for k, v in feed.headers.items()):
        raise BadRequestData("A header holds characters that cannot be sent")
    check_url(address_of(feed))


def address_of(feed: Feed) -> str:
    """The address that is asked."""
    return FORMATS[feed.format].address(feed) if feed.format in FORMATS else feed.url


def reader_of(feed: Feed, model: Model, plain: Plain, documents: Documents, tenant: str) -> Run:
    """What reads the feed's answers.

    Raises:
        BadRequestData, ResourceNotFound: its mapping cannot work, or does not exist.
    """
    if feed.format:
        return compile_mapping(FORMATS[feed.format].mapping(feed, model), model)
    if feed.mapping:
        return compile_mapping(documents.get(tenant, "mapping", feed.mapping, Mapping), model)
    return plain.run


# PEGELONLINE. Source: https://www.pegelonline.wsv.de/webservice/dokuRestapi (REST-API v2, stations.json)

_SERIES: Final = {"W": ("", "MTR"), "Q": ("flow", "MQS"), "WT": ("waterTemperature", "CEL")}
"""Short name of a time series → attribute and unit; "": the type's main attribute."""

_MARKS: Final = {"floodMark1": "M_I", "floodMark2": "M_II", "meanLevel": "MW"}
"""Attribute → short name of the characteristic value; asked for with the option `marks`."""


def _pegelonline_address(feed: Feed) -> str:
    options = feed.options
    asked = {"includeTimeseries": "true", "includeCurrentMeasurement": "true"}
    for name in ("ids", "waters", "timeseries"):
        if options.get(name):
            asked[name] = ",".join(map(str, options[name]))
    if options.get("marks"):
        asked["includeCharacteristicValues"] = "true"
    query = "&".join(f"{name}={quote(value, safe=',')}" for name, value in asked.items())
    return f"{feed.url}{'&' if '?' in feed.url else '?'}{query}"


def _pegelonline(feed: Feed, model: Model) -> Mapping:
    """Stations with their current measurements → WaterObserved: level in metres, flow, temperature, name, place."""
    iri = model.terms.get("WaterObserved", "")
    level = model.types[iri].main if iri in model.types and model.types[iri].main else "waterLevel"
    attributes = []
    for series in feed.options.get("timeseries") or ("W", "Q", "WT"):
        if series not in _SERIES:
            raise BadRequestData(f"PEGELONLINE series {str(series)[:20]!r} is not read; there are {', '.join(_SERIES)}")
        name, unit = _SERIES[series]
        at = f"$.timeseries[shortname='{series}']"
        attributes.append(
            Attribute(
                name=name or level,
                path=f"{at}.currentMeasurement.value",
                kind="number",
                unit_path=f"{at}.unit",
                unit=unit,
                time=Time(path=f"{at}.currentMeasurement.timestamp", form="iso"),
            )
        )
    attributes += [
        Attribute(name="name", path="$.longname", kind="text", fixed=True),
        Attribute(name="location", lon="$.longitude", lat="$.latitude", kind="geo", fixed=True),
        Attribute(name="riverKilometre", path="$.km", kind="number", unit="KMT", fixed=True),
        Attribute(name="waterBody", path="$.water.longname", kind="text", fixed=True),
        Attribute(name="dataProvider", path="$.agency", kind="text", fixed=True),
        Attribute(name="stationCode", path="$.number", kind="text", fixed=True),
    ]
    current = "$.timeseries[shortname='W'].currentMeasurement"
    for name, member in (("levelState", "stateMnwMhw"), ("shippingState", "stateNswHsw")):
        time = Time(path=f"{current}.timestamp", form="iso")
        attributes.append(Attribute(name=name, path=f"{current}.{member}", kind="text", time=time))
    for name, mark in _MARKS.items() if feed.options.get("marks") else ():
        at = f"$.timeseries[shortname='W'].characteristicValues[shortname='{mark}']"
        attributes.append(
            Attribute(name=name, path=f"{at}.value", kind="number", unit_path=f"{at}.unit", unit="MTR", fixed=True)
        )
    return Mapping(
        id=feed.id,
        each="$",
        entity="urn:ngsi-ld:WaterObserved:pegelonline-{$.number}",
        type="WaterObserved",
        attributes=tuple(attributes),
    )


FORMATS: Final = {"pegelonline": Format(_pegelonline_address, _pegelonline)}

PEGELONLINE: Final = Feed(
    id="pegelonline",
    title="PEGELONLINE: Rhein",
    url="https://www.pegelonline.wsv.de/webservices/rest-api/v2/stations.json",
    format="pegelonline",
    interval_s=900,
    options={"waters": ["RHEIN"], "timeseries": ["W", "Q"]},
    licence="DL-DE-Zero-2.0",
    attribution="Wasserstraßen- und Schifffahrtsverwaltung des Bundes (WSV), PEGELONLINE",
)
"""The water levels of the Rhine, as a city would switch it on."""
