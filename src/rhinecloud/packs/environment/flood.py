"""The flood of the Rhine, as a checklist: stages by the gauge Ruhrort, each ahead of the water by what it takes.

After what the city and its services have said in public about the stages (gate 7.0 m, paths 7.5 m, marks 9.30 and 11.30
m, tunnel 9.80 m, emergency dike when 11 m is expected). It is a proposal to be made a city's own, and nobody's plan.
A step counts once the gauge is there, or once a forecast reaches its level within its time while the gauge is near.
"""

from __future__ import annotations

from typing import Any, Final

from rhinecloud.kit import Label, Playbook, PlaybookStep, Trigger, Watch

HOUR: Final = 3600.0
GAUGE: Final = 'WaterObserved?stationCode=="2770010"'


class Stage:
    """A level, how far ahead a forecast of it counts, and how near the gauge has to be then."""

    def __init__(self, level: float, de: str, en: str, *, ahead_h: float = 0, below: float = 1.5) -> None:
        self.title = Label(de=f"{level:.1f} m: {de}".replace(".", ",", 1), en=f"{level:.1f} m: {en}")
        self.level, self.ahead_h, self.below = level, ahead_h, below

    def watch(self, *, rising: bool = False, ahead_h: float | None = None) -> Watch:
        hours = self.ahead_h if ahead_h is None else ahead_h
        return Watch(
            entity=GAUGE,
            attr="height",
            level=self.level,
            within_s=hours * HOUR,
            near=round(self.level - self.below, 2) if hours else None,
            rising=rising,
        )


def _step(
    name: str,
    stage: Stage,
    title: tuple[str, str],
    *,
    owner: str,
    text: tuple[str, str] = ("", ""),
    undo: tuple[str, str] = ("", ""),
    due_h: float | None = None,
    **more: Any,
) -> PlaybookStep:
    """A step of a stage; `rising`: only while the river rises; `action`: (its name, its arguments)."""
    action, arguments = more.pop("action", ("", {}))
    return PlaybookStep(
        id=name,
        title=Label(*title),
        text=Label(*text),
        stage=stage.title,
        owner=owner,
        due_s=None if due_h is None else due_h * HOUR,
        watch=stage.watch(rising=more.pop("rising", False)),
        action=action,
        arguments=arguments,
        undo=Label(*undo),
        **more,
    )


GATE = Stage(7.0, "Sperrtor", "gate", ahead_h=12)
PATHS = Stage(7.5, "Wege sperren", "close paths", ahead_h=24)
LATEST = Stage(8.5, "Sperrtor spätestens zu", "gate closed at the latest", ahead_h=6, below=0.8)
MARK_1 = Stage(9.3, "Hochwassermarke I", "flood mark I", ahead_h=24)
TUNNEL = Stage(9.8, "Stadtbahntunnel", "tram tunnel", ahead_h=24)
DIKES = Stage(10.5, "Deichverteidigung", "defence of the dikes", ahead_h=24)
HOMBERG = Stage(11.0, "Notdeich Homberg", "emergency dike at Homberg", ahead_h=48, below=2.0)
MARK_2 = Stage(11.3, "Hochwassermarke II", "flood mark II", ahead_h=12)
BEYOND = Stage(12.5, "Bemessung in Sicht", "design level in sight", ahead_h=48, below=2.0)

STEPS: Final = (
    # 7.0 m
    _step(
        "watch",
        GATE,
        (
            "Hochwasserzentrale besetzen, Pegel und Vorhersage stündlich eintragen",
            "Staff the flood centre, log gauge and forecast hourly",
        ),
        owner="works",
        due_h=1,
        evidence="note",
        undo=("Hochwasserzentrale auflösen", "Stand the flood centre down"),
    ),
    _step(
        "gate",
        GATE,
        ("Sperrtor Marientor schließen", "Close the flood gate Marientor"),
        owner="works",
        text=(
            "Solange der Rhein steigt. Vorher Schiffe und Pumpwerk verständigen.",
            "While the Rhine still rises. Tell ships and the pumping station before.",
        ),
        due_h=4,
        evidence="photo",
        rising=True,
        undo=("Sperrtor Marientor öffnen", "Open the flood gate Marientor"),
        action=("unit.ask", {"capability": "Sperrtor", "count": 1}),
    ),
    # 7.5 m
    _step(
        "agencies",
        PATHS,
        (
            "Ordnungsamt, Hafen, Umweltamt und Verkehrsgesellschaft beteiligen",
            "Bring in public order, port, environment and transport",
        ),
        owner="fire",
        due_h=0.5,
        action=(
            "room.open",
            {
                "agencies": ["order", "port", "environment-office", "transport", "police"],
                "text": "Hochwasser am Rhein: Sie sind beteiligt. Stufen und Aufgaben stehen im Ablaufplan.",
            },
        ),
    ),
    _step(
        "paths",
        PATHS,
        ("Wege auf und hinter den Deichen sperren", "Close the paths on and behind the dikes"),
        owner="order",
        text=("Straßenliste abhaken; Absperrungen mit Foto.", "Tick off the list of streets; barriers with a picture."),
        due_h=6,
        evidence="note",
        undo=("Wege nach Deichschau freigeben", "Open the paths once the dikes have been inspected"),
        action=("unit.ask", {"capability": "Absperrung", "count": 2}),
    ),
    _step(
        "citizens",
        PATHS,
        ("Anwohner informieren: Keller, Autos, Hochwasserportal", "Inform residents: cellars, cars, the flood portal"),
        owner="staff",
        due_h=6,
        evidence="note",
    ),
    # 8.5 m
    _step(
        "gate-latest",
        LATEST,
        ("Bestätigen, dass das Marientor geschlossen ist", "Confirm that the Marientor is closed"),
        owner="works",
        due_h=1,
        evidence="person",
    ),
    # 9.3 m
    _step(
        "shipping",
        MARK_1,
        (
            "Hafen, Reedereien und Fähren verständigen: langsam, Strommitte",
            "Tell port, shipping lines and ferries: slow, mid-stream",
        ),
        owner="port",
        due_h=2,
        evidence="note",
        undo=("Aufhebung der Marke I weitergeben", "Pass on that mark I is lifted"),
    ),
    _step(
        "severity-major",
        MARK_1,
        ("Lage als erheblich führen", "Treat the situation as major"),
        owner="fire",
        action=("severity.raise", {"severity": "major"}),
        optional=True,
    ),
    _step(
        "walkers",
        MARK_1,
        ("Deichläufer einteilen, zwei Runden am Tag", "Send out dike walkers, two rounds a day"),
        owner="works",
        due_h=6,
        evidence="note",
        action=("section.add", {"id": "dikes", "title": "Deiche", "agency": "works"}),
        undo=("Deichläufer zurücknehmen, Schlussbegehung", "Call the dike walkers back after a last round"),
    ),
    # 9.8 m
    _step(
        "tunnel",
        TUNNEL,
        (
            "Stadtbahntunnel am Schwanentor verschließen, Linien umleiten",
            "Close the tram tunnel at Schwanentor, divert the lines",
        ),
        owner="transport",
        text=(
            "Ohne das Tor liefe hier der Tunnel voll: 20.000 Menschen.",
            "Without the gate the tunnel would fill: 20,000 people.",
        ),
        due_h=6,
        evidence="person",
        undo=("Tunnel prüfen und freigeben", "Inspect and open the tunnel"),
        action=("unit.ask", {"capability": "Stadtbahn", "count": 1}),
    ),
    _step(
        "power",
        TUNNEL,
        (
            "Trafostationen im Vorland abschalten, Notstrom prüfen",
            "Switch off substations on the foreland, check emergency power",
        ),
        owner="utility",
        due_h=8,
        evidence="note",
        undo=("Stationen trocken prüfen und zuschalten", "Inspect the stations and switch them on"),
        action=("agencies.add", {"agencies": ["utility"]}),
    ),
    _step(
        "crisis-staff",
        TUNNEL,
        (
            "Krisenstab unterrichten, Koordinierungsgruppe einberufen",
            "Inform the crisis staff, call its coordinating group",
        ),
        owner="staff",
        due_h=2,
        evidence="person",
        action=("agencies.add", {"agencies": ["staff"]}),
    ),
    # 10.5 m
    _step(
        "watch-double",
        DIKES,
        ("Deichwachen verdoppeln, rund um die Uhr", "Double the dike watch, around the clock"),
        owner="works",
        due_h=4,
        evidence="note",
        action=("unit.ask", {"capability": "Deich", "count": 2}),
    ),
    _step(
        "sandbags",
        DIKES,
        ("Sandsäcke und Kräfte in den Bereitstellungsraum", "Sandbags and crews into the staging area"),
        owner="fire",
        due_h=6,
        evidence="note",
        action=("unit.ask", {"capability": "Sandsäcke", "count": 4}),
    ),
    _step(
        "relief",
        DIKES,
        ("Technisches Hilfswerk anfordern", "Ask for the federal relief (THW)"),
        owner="fire",
        due_h=2,
        evidence="person",
        action=("agencies.add", {"agencies": ["thw"]}),
    ),
    # 11.0 m expected
    _step(
        "emergency-dike",
        HOMBERG,
        ("Notdeich Rheindeichstraße, Homberg, errichten", "Build the emergency dike at Rheindeichstraße, Homberg"),
        owner="fire",
        text=(
            "Sobald 11 m erwartet werden: der Bau dauert länger als der Anstieg.",
            "As soon as 11 m are expected: building takes longer than the rise.",
        ),
        due_h=24,
        evidence="photo",
        action=("section.add", {"id": "homberg", "title": "Notdeich Homberg", "agency": "fire"}),
        undo=("Notdeich nach Freigabe zurückbauen", "Take the emergency dike down when released"),
    ),
    _step(
        "evacuation",
        HOMBERG,
        (
            "Räumung Homberg vorbereiten: Straßen, Sammelpunkte, Busse, Heime",
            "Prepare to evacuate Homberg: streets, meeting points, buses, homes",
        ),
        owner="staff",
        due_h=12,
        evidence="note",
        action=("severity.raise", {"severity": "critical"}),
    ),
    _step(
        "warning",
        HOMBERG,
        (
            "Warnung für Homberg entwerfen: was, wo, was tun, bis wann, wer",
            "Draft the warning for Homberg: what, where, what to do, until when, who",
        ),
        owner="staff",
        due_h=4,
        evidence="note",
        action=("warning.draft", {"template": "dike"}),
        after=("evacuation",),
    ),
    # 11.3 m
    _step(
        "no-shipping",
        MARK_2,
        ("Einstellung der Schifffahrt bestätigen lassen", "Have it confirmed that shipping has stopped"),
        owner="port",
        due_h=1,
        evidence="person",
        undo=("Freigabe der Schifffahrt weitergeben", "Pass on that shipping is released"),
    ),
    # beyond
    _step(
        "evacuate",
        BEYOND,
        ("Räumung hinter den Deichen entscheiden", "Decide about evacuating behind the dikes"),
        owner="staff",
        text=("Entscheidung mit Begründung ins Tagebuch.", "The decision goes into the log with its reasons."),
        due_h=2,
        evidence="person",
    ),
    _step(
        "sirens",
        BEYOND,
        (
            "Sirenen und NINA bei Deichbruch sofort auslösen, Bereitschaft herstellen",
            "Be ready to sound sirens and NINA at once if a dike breaks",
        ),
        owner="fire",
        due_h=1,
        evidence="person",
    ),
)

_RULES: Final = ("flood-expected", "ruhrort-gate", "ruhrort-gate-latest", "ruhrort-tunnel", "ruhrort-dike-watch")

FLOOD = Playbook(
    id="environment.flood",
    title=Label(de="Hochwasser am Rhein", en="Flood of the Rhine"),
    text=Label(
        de="Stufen nach dem Pegel Ruhrort. Jede zählt, sobald der Pegel sie erreicht oder die Vorhersage sie erwartet;"
        " fällt das Wasser, wird zurückgenommen. Ein Vorschlag, kein Plan der Stadt.",
        en="Stages by the gauge Ruhrort. Each counts once the gauge reaches it or the forecast expects it; when the"
        " water falls it is taken back. A proposal, not the city's plan.",
    ),
    steps=STEPS,
    triggers=tuple(Trigger(rule=f"environment.{rule}", type="flood") for rule in (*_RULES, "flood-mark-1-ruhrort")),
)
