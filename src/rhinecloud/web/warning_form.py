"""The form of a draft: what was typed is kept as it was typed, and becomes a draft where it can."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import warnings

from .districts import districts
from .warning_words import CATEGORY, CERTAINTY, RESPONSE, SEVERITY, URGENCY

PARTS: Final = ("event", "headline", "description", "instruction", "area")


class Block(msgspec.Struct, kw_only=True):
    """The fields of one language."""

    language: str
    name: str
    rtl: bool
    event: str
    headline: str
    description: str
    instruction: str
    area: str


class Typed(msgspec.Struct, kw_only=True):
    """The form as it was sent."""

    form: dict[str, str]
    version: int
    blocks: list[Block]
    missing: dict[str, str]  # languages that may be added: tag → name
    category: list[str]
    response: list[str]

    def get(self, name: str) -> str:
        return self.form.get(name, "")


def typed_of(form: Mapping[str, str]) -> Typed:
    """What a form says; a list of languages says which blocks there are."""
    wanted = [t for t in form.get("languages", "de en").split() if t in warnings.LANGUAGES]
    if (added := form.get("add_language", "")) in warnings.LANGUAGES:
        wanted.append(added)
    tags = [t for t in dict.fromkeys(wanted) if t != form.get("remove_language", "") or t == "de"]
    blocks = [
        Block(
            language=tag,
            name=warnings.LANGUAGES[tag],
            rtl=tag == "ar",
            **{part: form.get(f"{part}.{tag}", "").replace("\r\n", "\n") for part in PARTS},
        )
        for tag in tags
    ]
    version = form.get("version", "0")
    return Typed(
        form=dict(form),
        version=int(version) if version.isdecimal() and len(version) < 9 else 0,
        blocks=blocks,
        missing={t: n for t, n in warnings.LANGUAGES.items() if t not in tags},
        category=_chosen(form, "category", CATEGORY),
        response=_chosen(form, "response", RESPONSE),
    )


def _chosen(form: Mapping[str, str], name: str, known: Mapping[str, str]) -> list[str]:
    """Ticked boxes (`category.Fire`), or one field that names them all."""
    ticked = [k for k in known if f"{name}.{k}" in form]
    return ticked or [k for k in form.get(name, "").split() if k in known]


def draft_of(typed: Typed, zone: ZoneInfo) -> warnings.Draft:
    """Raises: BadRequestData: a time is none, or the area."""
    get = typed.get
    return warnings.Draft(
        template=get("template")[:60],
        category=tuple(typed.category),
        response=tuple(typed.response) or ("None",),
        urgency=get("urgency") if get("urgency") in URGENCY else "Immediate",
        severity=get("severity") if get("severity") in SEVERITY else "Severe",
        certainty=get("certainty") if get("certainty") in CERTAINTY else "Observed",
        event_code=get("event_code").strip()[:40],
        onset_us=_time(get("onset"), zone),
        expires_us=_time(get("expires"), zone),
        note=get("note").strip()[:1000],
        contact=get("contact").strip()[:500],
        web=_web(get("web").strip()),
        area=_area(typed),
        texts=tuple(
            warnings.Words(
                language=b.language,
                event=b.event.strip(),
                headline=b.headline.strip(),
                description=b.description.strip(),
                instruction=b.instruction.strip(),
                area=b.area.strip(),
            )
            for b in typed.blocks
        ),
    )


def _web(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise BadRequestData("The web address begins with https://")
    return text[:500]


def _time(text: str, zone: ZoneInfo) -> int | None:
    if not text.strip():
        return None
    try:
        return int(datetime.fromisoformat(text.strip()[:16]).replace(tzinfo=zone).timestamp()) * SECOND
    except ValueError:
        raise BadRequestData(f"{text[:40]!r} is no date and time") from None


def _area(typed: Typed) -> dict[str, Any] | None:
    """What was drawn, with the district that was chosen without a script."""
    parts = []
    text = typed.get("geometry").strip()
    if text:
        try:
            parts.append(msgspec.json.decode(text, type=dict[str, Any]))
        except msgspec.DecodeError as error:
            raise BadRequestData("The area cannot be read; draw it again") from error
    district = districts().get(typed.get("district"))
    if district is not None:
        parts.append(district.geometry)
    if any(p.get("type") not in ("Polygon", "MultiPolygon") for p in parts):
        raise BadRequestData("An area is a polygon")
    return warnings.joined(parts)
