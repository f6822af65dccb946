"""A draft becomes a CAP message: one info a language with the same times and area, marked where it is a drill."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.base.clock import SECOND

from . import rules
from .areas import rings, surface
from .cap import Area, Info, Message, Named
from .declare import Chain, Draft, Prepared, Profile, Words
from .mowas import level_of
from .starting import ALL_CLEAR, RETRACT
from .writing import cap_time

DRILL: Final = {
    ("Exercise", "de"): "ÜBUNG: ",
    ("Exercise", "en"): "EXERCISE: ",
    ("Test", "de"): "TEST: ",
    ("Test", "en"): "TEST: ",
}
NOTES: Final = {
    "Exercise": "ÜBUNG – keine Gefahr. EXERCISE – no danger.",
    "Test": "TEST – keine Gefahr. TEST – no danger.",
}
LEVEL: Final = "rhinecloud:level"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a message needs beside its draft."""

    profile: Profile
    zone: ZoneInfo
    root: str  # public address of the city
    box: tuple[float, float, float, float]
    drill: bool = False  # the whole tenant is for drills: nothing in it is real


def build(chain: Chain, prepared: Prepared, setting: Setting, identifier: str, now_us: int) -> Message:
    """The message that a draft is, sent at `now_us`."""
    draft, profile = prepared.draft, setting.profile
    cancel = draft.kind in ("all-clear", "retract")
    earlier = " ".join(_references(chain))
    note = draft.note
    if chain.status in NOTES:
        note = f"{NOTES[chain.status]} {note}".strip()
    elif draft.kind == "retract" and not note:
        note = "Irrtümlich veröffentlicht. Published by mistake."
    return Message(
        identifier=identifier,
        sender=profile.sender,
        sent=cap_time(now_us, setting.zone),
        status=chain.status,
        msg_type="Alert" if draft.kind == "alert" else "Cancel" if cancel else "Update",
        scope="Public",
        note=note,
        references=earlier,
        incidents=chain.number,
        infos=tuple(_info(words, chain, draft, setting, now_us) for words in ordered(draft.texts)),
    )


def _references(chain: Chain) -> list[str]:
    """The whole chain, each as it was written."""
    from .reading import read

    return [str(read(m.cap or b"").reference) for m in chain.published]


def ordered(texts: tuple[Words, ...]) -> list[Words]:
    """German first."""
    return sorted(texts, key=lambda w: w.language != "de")


def _info(words: Words, chain: Chain, draft: Draft, setting: Setting, now_us: int) -> Info:
    profile, sent = setting.profile, cap_time(now_us, setting.zone)
    onset = sent if draft.onset_us is None else cap_time(draft.onset_us, setting.zone)
    tag = "de" if words.language.startswith("de") else "en"
    mark = DRILL.get((chain.status, tag), "")
    headline = words.headline.strip()
    if mark and not headline.upper().startswith(rules.MARKS[chain.status]):
        headline = mark + headline
    over = draft.kind in ("all-clear", "retract")
    return Info(
        language=words.language,
        category=draft.category,
        event=words.event.strip(),
        response=("AllClear",) if draft.kind == "all-clear" else draft.response,
        urgency="Past" if over else draft.urgency,
        severity=draft.severity,
        certainty=draft.certainty,
        codes=(Named("profile:DE-BBK-EVENTCODE", draft.event_code),) if draft.event_code else (),
        effective=sent,
        onset=onset,
        expires=cap_time(draft.expires_us, setting.zone) if draft.expires_us else "",
        sender_name=profile.sender_name,
        headline=headline,
        description=words.description.strip(),
        instruction=words.instruction.strip(),
        web=draft.web or address(setting.root, chain.number),
        contact=draft.contact or profile.contact,
        parameters=_parameters(draft, profile),
        areas=(_area(words, draft, profile),) if draft.area is not None else (),
    )


def _parameters(draft: Draft, profile: Profile) -> tuple[Named, ...]:
    """In the names that the state's system uses, so that nothing is typed twice there."""
    found = [Named("sender_langname", profile.sender_name)]
    if profile.regional_key:
        found.append(Named("warnVerwaltungsbereiche", profile.regional_key))
    if profile.signature:
        found.append(Named("sender_signature", profile.signature))
    return (*found, Named(LEVEL, str(level_of(draft.severity))))


def _area(words: Words, draft: Draft, profile: Profile) -> Area:
    assert draft.area is not None
    shape = surface(draft.area)
    codes: list[Named] = []
    if profile.regional_key:
        codes.append(Named("SHN", profile.regional_key))
    return Area(desc=words.area.strip(), polygons=rings(shape, profile.corners), geocodes=(*codes, *profile.geocodes))


def address(root: str, number: str) -> str:
    """A warning's own address, for ever."""
    return f"{root.rstrip('/')}/warnings/{number}"


def following(chain: Chain, kind: str, now_us: int, profile: Profile) -> Draft:
    """What an update or the end of a warning begins with: what counts now."""
    newest = chain.newest
    assert newest is not None
    draft = newest.draft
    if kind == "update":
        return msgspec.structs.replace(draft, kind="update", onset_us=draft.onset_us, note="")
    words: dict[str, tuple[str, str, str, str]] = ALL_CLEAR if kind == "all-clear" else RETRACT
    texts = [
        Words(
            language=w.language,
            event=found[0],
            headline=found[1].format(headline=_plain(w.headline)),
            description=found[2],
            instruction=found[3],
            area=w.area,
        )
        for w in draft.texts
        if (found := words.get(w.language)) is not None
    ]
    more: dict[str, Any] = {"kind": kind, "texts": tuple(texts), "note": "", "onset_us": None}
    more |= {"severity": "Minor", "certainty": "Observed", "urgency": "Past"}
    more["response"] = ("AllClear",) if kind == "all-clear" else ("None",)
    return msgspec.structs.replace(draft, expires_us=now_us + 3 * 3600 * SECOND, **more)


def _plain(headline: str) -> str:
    for words in rules.MARKS.values():
        for word in words:
            headline = headline.removeprefix(f"{word}: ")
    return headline
