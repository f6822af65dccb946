"""What the tests of insight share: a small present whose changes come to the rules as they do in the city."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.model import Op, Update
from rhinecloud.base.settings import Settings
from rhinecloud.connect import Quality
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.history import Histories
from rhinecloud.insight import TYPES, Alert, Indicator, Insight, News, Rule

LABEL = Label("Ding", "thing")
MODEL = Model(
    [
        EntityType(
            name="Gauge",
            label=LABEL,
            plural=LABEL,
            subject="dataModel.Water",
            icon="waves",
            attributes=(
                Attribute(name="level", label=LABEL, unit="MTR", minimum=0, maximum=14, decimals=2, queryable=True),
                Attribute(name="flow", label=LABEL, unit="MQS"),
                Attribute(name="name", label=LABEL, kind="text"),
                Attribute(name="location", label=LABEL, kind="geo"),
                Attribute(name="mood", label=LABEL, kind="text"),
            ),
        ),
        *TYPES,
    ]
)
LEVEL = "https://smartdatamodels.org/dataModel.Water/level"
GAUGE = "https://smartdatamodels.org/dataModel.Water/Gauge"
TEXT = Label("{name}: {value} {unit} seit {since}", "{name}: {value} {unit} since {since}")


def rule(q: str = "level>8", **members: Any) -> Rule:
    given = {"id": "own.flood", "title": Label("Hochwasser", "Flood"), "text": TEXT, "type": "Gauge", "q": q}
    return Rule(**(given | members))


class Pack(msgspec.Struct):
    id: str
    rules: tuple[Rule, ...] = ()
    indicators: tuple[Indicator, ...] = ()


class City:
    """`tell` changes the present and lets the rules hear of it; time stands still until `tick`."""

    def __init__(
        self, folder: Path, clock: Callable[[], int], packs: tuple[Pack, ...] = (), on: set[str] | None = None
    ):
        self.folder, self.clock, self.packs = folder, clock, packs
        self.on = {pack.id for pack in packs} if on is None else on
        self.news: list[News] = []

    async def __aenter__(self) -> City:
        settings = Settings(data=self.folder, timezone="Europe/Berlin")
        quality = Quality(MODEL, self.clock)
        self.presents = Presents(self.folder / "tenants", model=MODEL, clock=self.clock, quality=quality)
        await self.presents.start()
        if "city" not in self.presents.names():
            self.presents.create("city")
        self.histories = Histories(self.folder / "tenants", self.presents, settings, self.clock, model=MODEL)
        await self.histories.start()
        self.present = self.presents.open("city")
        self.at = max((commit.sequence for commit in self.present.outbox(0)), default=0)
        self.insight = Insight(
            self.folder / "tenants",
            self.presents,
            self.histories,
            Vocabularies(MODEL),
            MODEL,
            active=lambda _tenant: self.on,
            publish=self._publish,
            clock=self.clock,
        )
        self.insight.bring(self.packs)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.insight.settled()
        await self.insight.stop()
        await self.histories.stop()
        await self.presents.stop()

    async def _publish(self, subject: str, data: bytes) -> None:
        assert subject == "alerts.city"
        self.news.append(msgspec.json.decode(data, type=News))

    async def tell(self, *updates: Update) -> None:
        await self.present.write(updates)
        await self.hear()

    async def hear(self) -> None:
        for commit in self.present.outbox(self.at):
            await self.insight.read("city", commit.changes)
            self.at = commit.sequence
        await self.insight.settled()

    async def level(self, value: Any, *, entity: str = "urn:a", at_us: int | None = None, **more: Any) -> None:
        await self.tell(self.observe(value, entity=entity, at_us=at_us, **more))

    def observe(self, value: Any, *, entity: str = "urn:a", at_us: int | None = None, **more: Any) -> Update:
        at = iso(self.clock() if at_us is None else at_us)
        attrs = {LEVEL: [{"type": "Property", "value": value, "observedAt": at}]}
        for name, given in more.items():
            attrs[MODEL.terms[name]] = [given if isinstance(given, dict) else {"type": "Property", "value": given}]
        return Update(op=Op.OBSERVE, id=entity, entity={"type": [GAUGE], "attrs": attrs}, source="device:x")

    async def tick(self, seconds: float = 0) -> None:
        if seconds:
            self.clock.us += round(seconds * SECOND)  # type: ignore[attr-defined]
        await self.insight.tick()

    async def save(self, given: Rule) -> Rule:
        kept = self.insight.save_rule("city", given, "person:anna")
        await self.insight.settled()
        return kept

    def raised(self) -> list[Alert]:
        return self.insight.alerts("city", state="raised")[0]

    def told(self) -> list[str]:
        what, self.news = [news.what for news in self.news], []
        return what


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [lon, lat]}}
