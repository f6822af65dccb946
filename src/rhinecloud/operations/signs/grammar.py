"""The parts of a tactical sign, on a field of 100 × 80: base shapes, organisations, tasks, sizes.

A task is drawn on a field of 84 × 50. One that covers lies across the whole base shape and is cut at its outline; any
other is a small figure in the middle. Paths are SVG's. Source: DV 102.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.declare import Label


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What stands there. `box` (x, y, width, height) is where a task's figure has room."""

    id: str
    label: Label
    outline: str
    extra: str = ""  # drawn, and not filled
    box: tuple[float, float, float, float] = (8, 18, 84, 50)
    ink: str = "#111111"  # of the outline
    fill: str = ""  # whatever the organisation; "": the organisation's
    mark: str = ""  # a letter beside it


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """Whose it is: colour of the ground, and of the figure on it."""

    id: str
    label: Label
    fill: str
    ink: str = "#111111"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is done there. `lines` are drawn, `fills` are filled."""

    id: str
    label: Label
    lines: str = ""
    fills: str = ""
    covers: bool = False


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How large a unit is: the marks above it, filled."""

    id: str
    label: Label
    marks: str


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """A sign put together; "" leaves a part out."""

    base: str
    organisation: str = ""
    task: str = ""
    size: str = ""
    text: str = ""  # "DLK", "BR": at most five letters


def _dot(x: float, y: float) -> str:
    return f"M{x - 3.6},{y} a3.6,3.6 0 1 0 7.2,0 a3.6,3.6 0 1 0 -7.2,0 Z"


def _by_id(items: tuple[Base, ...]) -> dict[str, Base]:
    return {item.id: item for item in items}


_TRIANGLE: Final = "M50,8 L95,74 H5 Z"
_RED: Final = "#d4202f"
_BLUE: Final = "#1d4fc4"

BASES: Final = _by_id(
    (
        Base(id="formation", label=Label(de="Einheit", en="Unit"), outline="M8,18 H92 V68 H8 Z"),
        Base(
            id="post",
            label=Label(de="Befehlsstelle", en="Command post"),
            outline="M8,14 H92 V60 H8 Z",
            extra="M8,14 V79",
            box=(8, 14, 84, 46),
        ),
        Base(
            id="place",
            label=Label(de="Stelle", en="Place"),
            outline="M20,44 a30,30 0 1 0 60,0 a30,30 0 1 0 -60,0 Z",
            box=(27, 21, 46, 46),
        ),
        Base(
            id="fixed",
            label=Label(de="ortsfeste Stelle", en="Permanent place"),
            outline="M21,48 a29,29 0 1 0 58,0 a29,29 0 1 0 -58,0 Z",
            extra="M18,22 L50,8 L82,22",
            box=(28, 26, 44, 44),
        ),
        Base(
            id="person",
            label=Label(de="Person", en="Person"),
            outline="M50,9 L84,43 L50,77 L16,43 Z",
            box=(31, 26, 38, 34),
        ),
        Base(
            id="building",
            label=Label(de="Gebäude", en="Building"),
            outline="M8,26 H92 V72 H8 Z",
            extra="M8,26 L50,9 L92,26",
            box=(8, 26, 84, 46),
        ),
        Base(
            id="vehicle",
            label=Label(de="Fahrzeug", en="Vehicle"),
            outline="M8,18 Q50,30 92,18 V68 H8 Z",
            box=(8, 24, 84, 44),
        ),
        Base(
            id="boat",
            label=Label(de="Wasserfahrzeug", en="Watercraft"),
            outline="M6,26 H94 C92,56 74,70 50,70 C26,70 8,56 6,26 Z",
            box=(20, 28, 60, 34),
        ),
        Base(
            id="helicopter",
            label=Label(de="Hubschrauber", en="Helicopter"),
            outline="M50,44 L92,22 V66 Z M50,44 L8,22 V66 Z",
            extra="M50,26 V62",
            box=(58, 32, 32, 24),
        ),
        Base(
            id="danger",
            label=Label(de="Gefahr", en="Danger"),
            outline=_TRIANGLE,
            box=(25, 34, 50, 40),
            ink=_RED,
            fill="#ffffff",
        ),
        Base(
            id="acute",
            label=Label(de="akute Gefahr", en="Acute danger"),
            outline=_TRIANGLE,
            box=(25, 34, 50, 40),
            ink=_RED,
            fill="#ffffff",
            mark="!",
        ),
        Base(
            id="suspected",
            label=Label(de="vermutete Gefahr", en="Suspected danger"),
            outline=_TRIANGLE,
            box=(25, 34, 50, 40),
            ink=_RED,
            fill="#ffffff",
            mark="?",
        ),
        Base(
            id="measure",
            label=Label(de="Maßnahme", en="Measure"),
            outline="M50,76 L5,10 H95 Z",
            box=(25, 12, 50, 38),
            ink=_BLUE,
            fill="#ffffff",
        ),
        Base(
            id="event",
            label=Label(de="Ereignis", en="Event"),
            outline="M50,76 L8,10 H92 Z",
            box=(25, 12, 50, 38),
            fill="#ffffff",
        ),
    )
)

ORGANISATIONS: Final = {
    o.id: o
    for o in (
        Organisation(id="fire", label=Label(de="Feuerwehr", en="Fire service"), fill="#e3241f", ink="#ffffff"),
        Organisation(id="thw", label=Label(de="THW", en="THW"), fill="#0b3a9b", ink="#ffffff"),
        Organisation(id="relief", label=Label(de="Hilfsorganisation", en="Relief organisation"), fill="#ffffff"),
        Organisation(id="police", label=Label(de="Polizei", en="Police"), fill="#4cb748"),
        Organisation(id="command", label=Label(de="Führung", en="Command"), fill="#ffe600"),
        Organisation(id="authority", label=Label(de="Gefahrenabwehr", en="Authority"), fill="#f59a23"),
        Organisation(id="army", label=Label(de="Bundeswehr", en="Army"), fill="#8d6238", ink="#ffffff"),
        Organisation(id="civil", label=Label(de="zivile Stelle", en="Civil body"), fill="#c9ccd0"),
    )
}

_HOSE: Final = "M0,25 H84 M84,0 L58,25 L84,50"
_WAVES: Final = "M18,{0} q8,-9 16,0 t16,0 t16,0"
_BAR: Final = "M0,42 H84 V50 H0 Z"
_FLAME: Final = "M42,8 C46,16 56,22 56,33 C56,42 50,46 42,46 C34,46 28,42 28,33 C28,27 32,24 34,18 C37,22 40,18 42,8 Z"
_RETORTS: Final = "M27,8 L58,46 M57,8 L26,46"
_BULBS: Final = "M20,9 a5,5 0 1 0 10,0 a5,5 0 1 0 -10,0 Z M54,9 a5,5 0 1 0 10,0 a5,5 0 1 0 -10,0 Z"
_CROSS: Final = "M0,25 H84 M42,0 V50"

TASKS: Final = {
    t.id: t
    for t in (
        Task(id="firefighting", label=Label(de="Brandbekämpfung", en="Firefighting"), lines=_HOSE, covers=True),
        Task(
            id="water-supply",
            label=Label(de="Wasserförderung", en="Water supply"),
            lines=f"{_HOSE} M30,19 v-4 q3,-8 6,0 t6,0 t6,0 v4",
            covers=True,
        ),
        Task(
            id="heights",
            label=Label(de="Rettung aus Höhen", en="Rescue at height"),
            lines="M26,46 L50,22 H62 V8 H50 V22",
        ),
        Task(
            id="technical",
            label=Label(de="Technische Hilfeleistung", en="Technical rescue"),
            lines="M16,16 L30,22 M16,34 L30,28 M30,17 H54 V33 H30 Z"
            " M54,21 C58,14 66,14 70,18 M54,29 C58,36 66,36 70,32",
        ),
        Task(
            id="salvage",
            label=Label(de="Bergung", en="Recovery"),
            lines="M0,20 H18 A24,21 0 1 0 66,20 H84",
            covers=True,
        ),
        Task(id="clearing", label=Label(de="Räumen", en="Clearing"), lines="M16,26 H48 M48,12 V34 L60,40"),
        Task(id="hazmat", label=Label(de="Gefahrstoffe, ABC", en="Hazardous substances"), lines=_RETORTS, fills=_BULBS),
        Task(
            id="measuring",
            label=Label(de="Messen, Spüren", en="Measuring"),
            lines=f"M0,50 L84,0 {_RETORTS}",
            fills=_BULBS,
            covers=True,
        ),
        Task(
            id="decontamination",
            label=Label(de="Dekontamination", en="Decontamination"),
            lines=f"{_RETORTS} M49,45 L58,46 L57,37 M35,45 L26,46 L27,37",
            fills=_BULBS,
        ),
        Task(
            id="medical",
            label=Label(de="Rettungs- und Sanitätsdienst", en="Medical service"),
            lines=_CROSS,
            covers=True,
        ),
        Task(
            id="doctor",
            label=Label(de="ärztliche Versorgung", en="Medical care by a doctor"),
            lines=f"{_CROSS} M28,37 H56",
            covers=True,
        ),
        Task(
            id="hospital",
            label=Label(de="Krankenhaus", en="Hospital"),
            lines=f"{_CROSS} M22,16 V34 M62,16 V34",
            covers=True,
        ),
        Task(id="care", label=Label(de="Betreuung", en="Care"), lines="M0,50 L42,1 L84,50", covers=True),
        Task(
            id="shelter",
            label=Label(de="Unterbringung", en="Shelter"),
            lines="M20,10 V42 M20,34 H64 M64,42 V18 M20,33 C22,20 62,20 64,33",
        ),
        Task(
            id="pastoral",
            label=Label(de="Seelsorge", en="Pastoral care"),
            lines="M38,6 V44 M46,6 V44 M28,17 H56 M28,25 H56",
        ),
        Task(id="logistics", label=Label(de="Versorgung, Logistik", en="Logistics"), fills=_BAR, covers=True),
        Task(
            id="food",
            label=Label(de="Verpflegung", en="Food"),
            lines="M43,21 L52,12 A13,13 0 1 0 52,30 Z",
            fills=_BAR,
            covers=True,
        ),
        Task(
            id="fuel",
            label=Label(de="Betriebsstoffe", en="Fuel and supplies"),
            lines="M39,38 V21 L30,7 H54 L45,21 V38",
            fills=_BAR,
            covers=True,
        ),
        Task(
            id="drinking-water",
            label=Label(de="Trinkwasser", en="Drinking water"),
            lines="M27,32 V28 Q27,16 38,16 H60 M46,9 V16 M40,9 H52",
            fills=_BAR,
            covers=True,
        ),
        Task(
            id="power",
            label=Label(de="Stromversorgung", en="Power supply"),
            lines="M50,4 L36,18 H50 L36,34",
            fills=f"{_BAR} M33,27 L43,34 L31,37 Z",
            covers=True,
        ),
        Task(id="command", label=Label(de="Führung, Leitung", en="Command"), fills="M0,0 H84 V9 H0 Z", covers=True),
        Task(
            id="comms",
            label=Label(de="Information und Kommunikation", en="Communications"),
            lines="M0,0 L44,32 V18 L84,50",
            covers=True,
        ),
        Task(id="recon", label=Label(de="Erkundung", en="Reconnaissance"), lines="M0,50 L84,0", covers=True),
        Task(
            id="water-rescue",
            label=Label(de="Wasserrettung", en="Water rescue"),
            lines=f"{_WAVES.format(12)} {_WAVES.format(20)} M42,26 L52,36 L42,46 L32,36 Z",
        ),
        Task(
            id="boats",
            label=Label(de="Fahren auf dem Wasser", en="Work on the water"),
            lines=f"M26,12 H58 A16,16 0 0 1 26,12 Z {_WAVES.format(38)}",
        ),
        Task(
            id="pumping",
            label=Label(de="Pumpen, Lenzen", en="Pumping"),
            lines="M31,25 a11,11 0 1 0 22,0 a11,11 0 1 0 -22,0 Z"
            " M42,14 q-1,-8 6,-11 M52,21 q8,-3 12,3 M49,34 q5,7 0,13 M35,34 q-8,3 -13,-2 M32,20 q-4,-8 1,-13",
        ),
        Task(
            id="dike",
            label=Label(de="Abwehr von Wassergefahren, Deichverteidigung", en="Flood defence, dike defence"),
            lines="M30,42 H38 L48,12 H58 L65,30 H78 M6,24 q6,-7 12,0 t12,0 M6,33 q6,-7 12,0 t12,0",
        ),
        Task(
            id="warning",
            label=Label(de="Warnen", en="Warning"),
            lines="M16,18 L24,21 V31 L16,34 Z M24,21 L46,12 V40 L24,31"
            " M54,15 a28,28 0 0 1 0,22 M61,11 a34,34 0 0 1 0,30",
        ),
        Task(
            id="search-dogs",
            label=Label(de="Rettungshunde", en="Search dogs"),
            lines="M18,26 H34 L27,15 Z M34,26 H56 L64,14 M22,42 L28,32 L34,42 M50,42 L56,32 L62,42",
        ),
        Task(
            id="transport",
            label=Label(de="Transport", en="Transport"),
            lines="M24,25 a18,18 0 1 0 36,0 a18,18 0 1 0 -36,0 Z M24,25 H60 M42,7 V43 M29,12 L55,38 M29,38 L55,12",
        ),
        Task(
            id="lighting",
            label=Label(de="Beleuchtung", en="Lighting"),
            lines="M34,46 V20 a9,9 0 0 1 18,0 M46,27 a6,6 0 1 0 12,0 a6,6 0 1 0 -12,0 Z",
        ),
        Task(id="fire", label=Label(de="Brand", en="Fire"), fills=_FLAME),
        Task(
            id="water",
            label=Label(de="Wasser", en="Water"),
            lines=f"{_WAVES.format(18)} {_WAVES.format(28)} {_WAVES.format(38)}",
        ),
        Task(
            id="electricity",
            label=Label(de="Elektrizität", en="Electricity"),
            fills="M48,4 L28,28 H40 L34,47 L56,21 H43 Z",
        ),
        Task(
            id="collapse",
            label=Label(de="Einsturz", en="Collapse"),
            lines="M22,44 V22 L42,8 L62,22 V30 M22,44 H62 M44,18 L38,28 L48,32 L40,44",
        ),
        Task(
            id="explosion",
            label=Label(de="Explosion", en="Explosion"),
            fills="M42,4 L47,17 L60,10 L54,23 L68,27 L54,32 L60,45 L47,37"
            " L42,49 L37,37 L24,45 L30,32 L16,27 L30,23 L24,10 L37,17 Z",
        ),
        Task(
            id="gather",
            label=Label(de="Sammeln", en="Gathering"),
            lines="M10,25 H44 M36,17 L44,25 L36,33 M50,25 a10,10 0 1 0 20,0 a10,10 0 1 0 -20,0 Z",
        ),
        Task(id="ready", label=Label(de="Bereitstellung", en="Staging"), lines="M22,40 V10 M22,11 L56,20 L22,29"),
        Task(
            id="block",
            label=Label(de="Sperre", en="Road block"),
            lines="M14,14 H70 M14,36 H70 M24,14 L34,36 M44,14 L54,36 M64,14 L70,27",
        ),
        Task(
            id="evacuate",
            label=Label(de="Räumung, Evakuierung", en="Evacuation"),
            lines="M14,12 H44 V22 M44,28 V38 H14 Z M30,25 H70 M62,17 L70,25 L62,33",
        ),
        Task(id="injured", label=Label(de="verletzt", en="injured"), lines="M42,-4 V54", covers=True),
        Task(id="dead", label=Label(de="tot", en="dead"), lines="M42,-6 V56 M30,14 H54", covers=True),
        Task(
            id="missing",
            label=Label(de="vermisst", en="missing"),
            lines="M33,15 a9,8 0 1 1 13,8 q-4,3 -4,8",
            fills="M39,36 h6 v6 h-6 Z",
        ),
        Task(id="trapped", label=Label(de="verschüttet, eingeschlossen", en="trapped"), lines="M22,20 H62 M22,32 H62"),
        Task(id="damaged", label=Label(de="beschädigt", en="damaged"), lines="M0,50 L84,0", covers=True),
        Task(id="destroyed", label=Label(de="zerstört", en="destroyed"), lines="M0,50 L84,0 M0,0 L84,50", covers=True),
        Task(id="rising", label=Label(de="steigend", en="rising"), lines="M42,46 V6 M30,18 L42,6 L54,18"),
        Task(id="falling", label=Label(de="fallend", en="falling"), lines="M42,4 V44 M30,32 L42,44 L54,32"),
    )
}

SIZES: Final = {
    s.id: s
    for s in (
        Size(id="squad", label=Label(de="Trupp", en="Squad"), marks=_dot(50, 9)),
        Size(id="crew", label=Label(de="Staffel", en="Crew"), marks=f"{_dot(50, 4.5)} {_dot(50, 13)}"),
        Size(id="group", label=Label(de="Gruppe", en="Group"), marks=f"{_dot(44, 9)} {_dot(56, 9)}"),
        Size(id="platoon", label=Label(de="Zug", en="Platoon"), marks=f"{_dot(38, 9)} {_dot(50, 9)} {_dot(62, 9)}"),
        Size(id="task-force", label=Label(de="Verband I", en="Task force"), marks="M47,2 H53 V14 H47 Z"),
        Size(
            id="battalion",
            label=Label(de="Verband II", en="Battalion"),
            marks="M40,2 H46 V14 H40 Z M54,2 H60 V14 H54 Z",
        ),
    )
}
