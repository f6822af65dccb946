"""Signs that have a name, by group, as the palette offers them; any other is named by its parts.

A key is a name of the catalogue, or `base.organisation.task.size` with "-" for a part that is left out, and `~TEXT`
for letters: `vehicle.fire.-.-~DLK`.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import BadRequestData

from .grammar import BASES, ORGANISATIONS, SIZES, TASKS, Sign

LONGEST: Final = 5
_TEXT: Final = re.compile(r"[\w +-]{1,5}\Z")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of the catalogue; its group is one of `GROUPS`."""

    key: str
    label: Label
    sign: Sign
    group: str


GROUPS: Final = {
    "command": Label(de="Führung", en="Command"),
    "unit": Label(de="Einheiten und Fahrzeuge", en="Units and vehicles"),
    "place": Label(de="Stellen", en="Places"),
    "danger": Label(de="Gefahren", en="Dangers"),
    "measure": Label(de="Maßnahmen", en="Measures"),
    "damage": Label(de="Schäden", en="Damage"),
    "person": Label(de="Personen", en="People"),
}


def _named(group: str, key: str, de: str, en: str, sign: str) -> Named:
    return Named(key=key, label=Label(de=de, en=en), sign=_parts(sign), group=group)


def _parts(key: str) -> Sign:
    parts, _, text = key.partition("~")
    base, organisation, task, size = (*(p.replace("-", "") if p == "-" else p for p in parts.split(".")), "", "", "")[
        :4
    ]
    return Sign(base=base, organisation=organisation, task=task, size=size, text=text)


CATALOGUE: Final[dict[str, Named]] = {
    named.key: named
    for named in (
        _named("command", "incident-command", "Einsatzleitung", "Incident command", "post.command.command.-~EL"),
        _named("command", "section-command", "Abschnittsleitung", "Section command", "post.command.command.-~AL"),
        _named("command", "crisis-staff", "Krisenstab", "Crisis staff", "building.command.command.-~KS"),
        _named("command", "control-room", "Leitstelle", "Control room", "building.fire.comms"),
        _named("command", "liaison", "Verbindungsperson", "Liaison person", "person.command.comms"),
        _named("command", "leader", "Einsatzleiter", "Incident commander", "person.command.command"),
        _named("unit", "fire-group", "Löschgruppe", "Firefighting group", "formation.fire.firefighting.group"),
        _named("unit", "fire-platoon", "Löschzug", "Firefighting platoon", "formation.fire.firefighting.platoon"),
        _named(
            "unit",
            "fire-engine",
            "Hilfeleistungslöschfahrzeug",
            "Rescue fire engine",
            "vehicle.fire.firefighting.-~HLF",
        ),
        _named("unit", "ladder", "Drehleiter", "Turntable ladder", "vehicle.fire.heights.-~DLK"),
        _named("unit", "command-car", "Einsatzleitwagen", "Command car", "vehicle.fire.command.-~ELW"),
        _named("unit", "water-relay", "Wasserförderzug", "Water relay platoon", "formation.fire.water-supply.platoon"),
        _named("unit", "hazmat-platoon", "ABC-Zug", "Hazardous substances platoon", "formation.fire.hazmat.platoon"),
        _named("unit", "measuring-squad", "Messtrupp", "Measuring squad", "formation.fire.measuring.squad"),
        _named("unit", "fire-boat", "Feuerlöschboot", "Fire boat", "boat.fire.firefighting"),
        _named("unit", "ambulance", "Rettungswagen", "Ambulance", "vehicle.relief.medical.-~RTW"),
        _named("unit", "doctor-car", "Notarzteinsatzfahrzeug", "Emergency doctor's car", "vehicle.relief.doctor.-~NEF"),
        _named("unit", "rescue-helicopter", "Rettungshubschrauber", "Rescue helicopter", "helicopter.relief"),
        _named("unit", "medical-group", "Sanitätsgruppe", "Medical group", "formation.relief.medical.group"),
        _named("unit", "care-group", "Betreuungsgruppe", "Care group", "formation.relief.care.group"),
        _named(
            "unit",
            "water-rescue-group",
            "Wasserrettungsgruppe",
            "Water rescue group",
            "formation.relief.water-rescue.group",
        ),
        _named("unit", "rescue-boat", "Rettungsboot", "Rescue boat", "boat.relief.water-rescue"),
        _named("unit", "search-dogs", "Rettungshundestaffel", "Search dog team", "formation.relief.search-dogs.crew"),
        _named("unit", "thw-rescue", "THW Bergungsgruppe", "THW rescue group", "formation.thw.salvage.group"),
        _named(
            "unit",
            "thw-pumps",
            "THW Fachgruppe Wasserschaden/Pumpen",
            "THW pumping group",
            "formation.thw.pumping.group",
        ),
        _named(
            "unit",
            "thw-power",
            "THW Fachgruppe Elektroversorgung",
            "THW power supply group",
            "formation.thw.power.group",
        ),
        _named(
            "unit", "thw-platoon", "THW Technischer Zug", "THW technical platoon", "formation.thw.technical.platoon"
        ),
        _named("unit", "police-car", "Streifenwagen", "Patrol car", "vehicle.police.-.-~FuStW"),
        _named("unit", "police-group", "Polizeigruppe", "Police group", "formation.police.-.group"),
        _named("unit", "dike-defence", "Deichverteidigung", "Dike defence unit", "formation.authority.dike.group"),
        _named("unit", "dike-watch", "Deichwache", "Dike watch", "formation.authority.dike.squad"),
        _named("unit", "works-crew", "Betriebstrupp", "Works crew", "formation.civil.clearing.squad"),
        _named("place", "staging-area", "Bereitstellungsraum", "Staging area", "place.command.ready"),
        _named("place", "collection-point", "Sammelstelle", "Collection point", "place.authority.gather"),
        _named("place", "casualty-point", "Patientenablage", "Casualty collection point", "place.relief.medical.-~PA"),
        _named("place", "treatment-area", "Behandlungsplatz", "Treatment area", "place.relief.doctor.-~BHP"),
        _named("place", "care-centre", "Betreuungsplatz", "Care centre", "place.relief.care.-~BTP"),
        _named("place", "shelter", "Notunterkunft", "Emergency shelter", "building.relief.shelter"),
        _named(
            "place", "information-point", "Notfallinfopunkt", "Emergency information point", "place.authority.comms"
        ),
        _named("place", "hospital", "Krankenhaus", "Hospital", "building.relief.hospital"),
        _named("place", "helipad", "Hubschrauberlandeplatz", "Helicopter landing site", "place.relief.-.-~H"),
        _named("place", "sandbag-depot", "Sandsackplatz", "Sandbag point", "place.authority.logistics"),
        _named("place", "fuel-point", "Betriebsstoffstelle", "Fuel point", "place.thw.fuel"),
        _named("place", "food-point", "Verpflegungsstelle", "Food point", "place.relief.food"),
        _named(
            "place", "drinking-water", "Trinkwasserstelle", "Drinking water point", "place.authority.drinking-water"
        ),
        _named(
            "place", "decontamination", "Dekontaminationsplatz", "Decontamination site", "place.fire.decontamination"
        ),
        _named("place", "water-intake", "Wasserentnahmestelle", "Water intake", "place.fire.water-supply"),
        _named("place", "power-point", "Stromversorgungsstelle", "Power supply point", "place.thw.power"),
        _named("danger", "danger", "Gefahr", "Danger", "danger"),
        _named("danger", "danger-fire", "Gefahr durch Brand", "Danger of fire", "acute.-.fire"),
        _named("danger", "danger-water", "Gefahr durch Wasser", "Danger of water", "acute.-.water"),
        _named(
            "danger", "danger-hazmat", "Gefahr durch Gefahrstoffe", "Danger of hazardous substances", "acute.-.hazmat"
        ),
        _named(
            "danger", "danger-electricity", "Gefahr durch Elektrizität", "Danger of electricity", "acute.-.electricity"
        ),
        _named("danger", "danger-collapse", "Einsturzgefahr", "Danger of collapse", "acute.-.collapse"),
        _named("danger", "danger-explosion", "Explosionsgefahr", "Danger of explosion", "acute.-.explosion"),
        _named(
            "danger",
            "suspected-hazmat",
            "vermutete Gefahrstoffe",
            "Suspected hazardous substances",
            "suspected.-.hazmat",
        ),
        _named("danger", "suspected-seepage", "vermuteter Wasseraustritt", "Suspected seepage", "suspected.-.water"),
        _named("measure", "evacuation", "Räumung, Evakuierung", "Evacuation", "measure.-.evacuate"),
        _named("measure", "road-block", "Sperre", "Road block", "measure.-.block"),
        _named("measure", "public-warning", "Warnung der Bevölkerung", "Warning the public", "measure.-.warning"),
        _named("measure", "pumping", "Pumpstelle", "Pumping", "measure.-.pumping"),
        _named("measure", "dike-closure", "Hochwasserschutz geschlossen", "Flood gate closed", "measure.-.dike"),
        _named("measure", "lighting", "Beleuchtung", "Lighting", "measure.-.lighting"),
        _named("damage", "fire", "Brand", "Fire", "event.-.fire"),
        _named("damage", "flooding", "Überflutung", "Flooding", "event.-.water"),
        _named("damage", "explosion", "Explosion", "Explosion", "event.-.explosion"),
        _named("damage", "power-cut", "Stromausfall", "Power cut", "event.-.electricity"),
        _named("damage", "spill", "Gefahrstoffaustritt", "Spill", "event.-.hazmat"),
        _named("damage", "building-damaged", "Gebäude beschädigt", "Building damaged", "building.civil.damaged"),
        _named("damage", "building-destroyed", "Gebäude zerstört", "Building destroyed", "building.civil.destroyed"),
        _named("damage", "water-rising", "Wasser steigt", "Water is rising", "event.-.rising"),
        _named("damage", "water-falling", "Wasser fällt", "Water is falling", "event.-.falling"),
        _named("person", "person", "Person", "Person", "person.civil"),
        _named("person", "injured", "Verletzte Person", "Injured person", "person.civil.injured"),
        _named("person", "dead", "Tote Person", "Dead person", "person.civil.dead"),
        _named("person", "missing", "Vermisste Person", "Missing person", "person.civil.missing"),
        _named("person", "trapped", "Eingeschlossene Person", "Trapped person", "person.civil.trapped"),
    )
}
"""By key, in the order of the palette."""


def read(key: str) -> Sign:
    """The sign that a key means.

    Raises:
        BadRequestData: there is no such sign; says which part is wrong.
    """
    if key in CATALOGUE:
        return CATALOGUE[key].sign
    sign = _parts(key)
    for part, known, what in (
        (sign.base, BASES, "base shape"),
        (sign.organisation, ORGANISATIONS, "organisation"),
        (sign.task, TASKS, "task"),
        (sign.size, SIZES, "size"),
    ):
        if part not in known and (part or what == "base shape"):
            raise BadRequestData(f"There is no {what} {part[:40]!r} for a tactical sign", sign=key[:80])
    if "~" in key and not _TEXT.match(sign.text):
        raise BadRequestData(f"A sign has at most {LONGEST} letters", sign=key[:80])
    if key.partition("~")[0].count(".") > 3:
        raise BadRequestData(f"A sign has at most four parts, not {key[:80]!r}", sign=key[:80])
    return sign


def label(key: str) -> Label:
    """The name of a sign in both languages: that of the catalogue, or its parts put together. Raises as `read`."""
    if key in CATALOGUE:
        return CATALOGUE[key].label
    sign = read(key)
    parts = [
        *([SIZES[sign.size].label] if sign.size else [BASES[sign.base].label]),
        *([TASKS[sign.task].label] if sign.task else []),
        *([ORGANISATIONS[sign.organisation].label] if sign.organisation else []),
    ]
    tail = f" ({sign.text})" if sign.text else ""
    return Label(de=", ".join(p.de for p in parts) + tail, en=", ".join(p.en for p in parts) + tail)
