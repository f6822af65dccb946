"""Drills: what happens, minute by minute, and what the exercise control looks for. All of it is made up."""

from __future__ import annotations

from typing import Final

from rhinecloud.kit import Happening, Inject, Label, Scenario

from .stations import FIRE, ORDER, POLICE, PORT, UTILITY, WORKS

HOMBERG: Final = (6.6990, 51.4575)
RUHRORT: Final = (6.7347, 51.4558)
PORT_BASIN: Final = (6.7498, 51.4605)
ARENA: Final = (6.7757, 51.4087)


def _both(de: str, en: str) -> Label:
    return Label(de=de, en=en)


FLOOD: Final = Scenario(
    id="emergency.flood-and-power-cut",
    title=_both("Rheinhochwasser mit Stromausfall", "Flood of the Rhine with a power cut"),
    text=_both(
        "Der Rhein steigt auf mehr als 11 m; in Homberg fällt der Strom aus, am Deich zeigt sich Sickerwasser. Fünf"
        " Behörden arbeiten nach dem Ablaufplan; 75 Minuten zeigen gut zwei Tage des Flusses.",
        "The Rhine rises beyond 11 m; Homberg loses its power, water seeps through the dike. Five agencies work by the"
        " playbook; 75 minutes show a good two days of the river.",
    ),
    minutes=75,
    pace=40,
    types=("WaterObserved", "WeatherObserved"),
    happenings=(Happening(kind="flood", begins_h=-10.5, lasts_h=110, strength=11.45),),
    goals=(
        _both(
            "Sperrtor geschlossen, bevor der Pegel 8,5 m erreicht", "The gate is closed before the gauge is at 8.5 m"
        ),
        _both(
            "Krisenstab beteiligt, sobald 9,8 m erwartet werden", "The crisis staff takes part once 9.8 m are expected"
        ),
        _both(
            "Jede Behörde sieht, was sie angeht, und nichts anderes", "Each agency sees what concerns it, and no more"
        ),
        _both(
            "Warnung für Homberg von zwei Personen freigegeben", "The warning for Homberg is released by two persons"
        ),
        _both("Tagebuch lückenlos, eine Übergabe mit Unterschrift", "A log without gaps, one handover that is signed"),
    ),
    injects=(
        Inject(
            id="briefing",
            after_min=0,
            kind="cue",
            title=_both("Einweisung der Teilnehmenden", "Brief those who take part"),
            text=_both(
                "Pegel Ruhrort um 6,5 m und steigend. Beginn mit der ersten Meldung; wer anruft, sagt zuerst ÜBUNG.",
                "The gauge Ruhrort is at some 6.5 m, rising. It begins with the first alert; who calls says EXERCISE.",
            ),
        ),
        Inject(
            id="walkers",
            after_min=6,
            kind="incident",
            title=_both("Spaziergänger auf überfluteter Promenade", "Walkers on the flooded promenade"),
            text=_both(
                "Anruf über 112: drei Personen kommen nicht mehr zurück zum Ufer.",
                "Call to 112: three persons cannot get back to the bank.",
            ),
            type="technical",
            severity="major",
            place=("Leinpfad, Ruhrort", RUHRORT),
            agencies=(FIRE, POLICE),
            expected=_both("Alarmierung binnen zwei Minuten", "Units alerted within two minutes"),
        ),
        Inject(
            id="region",
            after_min=9,
            kind="message",
            title=_both("Lagemeldung angefordert", "A situation report is asked for"),
            text=_both(
                "Bezirksregierung bittet um Lagemeldung zur vollen Stunde: Pegel, Maßnahmen, Kräfte, Bedarf.",
                "The district government asks for a situation report at the full hour: gauge, measures, forces, needs.",
            ),
            sender=_both("Bezirksregierung Düsseldorf", "District government"),
            priority="immediate",
            expected=_both("Lagebericht binnen 15 Minuten verschickt", "The report is sent within 15 minutes"),
        ),
        Inject(
            id="cellar",
            after_min=14,
            kind="incident",
            title=_both("Wasser im Keller eines Pflegeheims", "Water in the cellar of a nursing home"),
            text=_both(
                "Heizung und Aufzug stehen im Keller; 64 Bewohnerinnen und Bewohner.",
                "Heating and lift are in the cellar; 64 residents.",
            ),
            type="flood",
            severity="major",
            place=("Dammstraße, Ruhrort", (6.7310, 51.4530)),
            agencies=(FIRE, WORKS),
            expected=_both("Pumpe zugewiesen, Räumung geprüft", "A pump is assigned, evacuation considered"),
        ),
        Inject(
            id="press",
            after_min=19,
            kind="message",
            title=_both("Presseanfrage", "A question of the press"),
            text=_both(
                "Stimmt es, dass der Notdeich Homberg schon gebaut wird? Sendung in 20 Minuten.",
                "Is it true that the emergency dike at Homberg is being built? On air in 20 minutes.",
            ),
            sender=_both("Lokalradio", "Local radio"),
            expected=_both(
                "Antwort über S5, mit dem Krisenstab abgestimmt", "Answered by S5, agreed with the crisis staff"
            ),
        ),
        Inject(
            id="power",
            after_min=23,
            kind="incident",
            title=_both("Stromausfall in Alt-Homberg", "Power cut in Alt-Homberg"),
            text=_both(
                "Umspannwerk abgeschaltet, etwa 4.200 Haushalte; Ampeln und ein Pumpwerk fallen aus.",
                "A substation is off, some 4,200 households; traffic lights and a pumping station fail.",
            ),
            type="power",
            severity="critical",
            place=("Augustastraße, Homberg", HOMBERG),
            agencies=(UTILITY, FIRE, POLICE, ORDER),
            expected=_both("Notstrom für das Pumpwerk", "Emergency power for the pumping station"),
        ),
        Inject(
            id="silence",
            after_min=23.5,
            kind="happening",
            title=_both("Geräte in Homberg fallen aus", "Devices in Homberg fall silent"),
            happening=Happening(kind="outage", lasts_h=24, strength=1, place=HOMBERG),
        ),
        Inject(
            id="breakdown",
            after_min=27,
            kind="breakdown",
            title=_both("Deich 42-1 fällt aus", "Deich 42-1 breaks down"),
            unit="deich-42-1",
            expected=_both("Ersatz binnen zehn Minuten", "A replacement within ten minutes"),
        ),
        Inject(
            id="seepage",
            after_min=30,
            kind="incident",
            title=_both("Sickerwasser am Deich Rheindeichstraße", "Water seeps through the dike at Rheindeichstraße"),
            text=_both(
                "Deichläufer meldet klares Wasser auf 20 m Länge am Fuß, nimmt zu.",
                "A dike walker tells of clear water along 20 m at its foot, increasing.",
            ),
            type="flood",
            severity="critical",
            place=("Rheindeichstraße, Homberg", (6.7040, 51.4600)),
            agencies=(WORKS, FIRE, ORDER),
            expected=_both("Quellkade entschieden und begründet", "A ring dike is decided, with reasons"),
        ),
        Inject(
            id="care",
            after_min=34,
            kind="message",
            title=_both("Beatmungspatienten ohne Strom", "Patients on ventilators without power"),
            text=_both(
                "Pflegedienst: drei Beatmungspatienten in Alt-Homberg, Akkus reichen 40 Minuten.",
                "Nursing service: three patients on ventilators in Alt-Homberg, batteries last 40 minutes.",
            ),
            sender=_both("Pflegedienst Rheinblick", "A nursing service"),
            priority="flash",
            expected=_both("RTW zugewiesen, Klinik verständigt", "Ambulances assigned, a clinic told"),
        ),
        Inject(
            id="crest",
            after_min=40,
            kind="message",
            title=_both("Scheitel", "The crest"),
            text=_both(
                "Hochwasserzentrale: Scheitel durch, langsam fallend.",
                "Flood centre: the crest has passed, slowly falling.",
            ),
            sender=_both("Hochwasserzentrale Rhein", "Flood centre Rhine"),
            priority="immediate",
            expected=_both("Rückbau geplant, Wachen bleiben", "Taking down is planned, the watch stays"),
        ),
        Inject(
            id="relief",
            after_min=52,
            kind="cue",
            title=_both("Schichtwechsel anstoßen", "Ask for a change of shift"),
            text=_both(
                "Übergabe mit offenen Punkten, von beiden unterschrieben.",
                "A handover with open points, signed by both.",
            ),
        ),
        Inject(
            id="end",
            after_min=74,
            kind="cue",
            title=_both("Übungsende ansagen", "Announce the end"),
            text=_both("Alle Einsätze schließen; danach Auswertung.", "All incidents are closed; then it is assessed."),
        ),
    ),
)

PORT_FIRE: Final = Scenario(
    id="emergency.port-fire",
    title=_both("Brand im Hafen, Rauch über einer Schule", "Fire at the port, smoke over a school"),
    text=_both(
        "Im Hafen Ruhrort brennt eine Halle mit Kunststoff; der Rauch zieht über Meiderich. 45 Minuten in Echtzeit.",
        "A hall with plastics burns at the port of Ruhrort; its smoke drifts over Meiderich. 45 minutes by the clock.",
    ),
    minutes=45,
    types=("AirQualityObserved", "WeatherObserved"),
    happenings=(Happening(kind="fire", begins_h=-0.2, lasts_h=3, strength=420, place=PORT_BASIN),),
    goals=(
        _both("Zwei Löschzüge in unter zehn Minuten am Ort", "Two fire trains on scene in less than ten minutes"),
        _both(
            "Schule und Heime in Windrichtung binnen 15 Minuten gewarnt",
            "School and homes downwind warned within 15 minutes",
        ),
        _both("Messfahrzeug eingesetzt, Werte im Lagebild", "Measurements taken, and on the common picture"),
    ),
    injects=(
        Inject(
            id="call",
            after_min=0.5,
            kind="incident",
            title=_both("Halle im Hafen brennt", "A hall at the port burns"),
            text=_both(
                "Flammen aus dem Dach, Lager mit Kunststoffgranulat, zwei Beschäftigte vermisst.",
                "Flames out of the roof, plastics stored inside, two workers missing.",
            ),
            type="fire",
            severity="critical",
            place=("Schifferstraße, Ruhrort", PORT_BASIN),
            agencies=(FIRE, POLICE, PORT),
            expected=_both("Vollalarm in unter 60 Sekunden", "Full alarm in less than 60 seconds"),
        ),
        Inject(
            id="school",
            after_min=5,
            kind="message",
            title=_both("Rauch auf dem Schulhof", "Smoke in the schoolyard"),
            text=_both(
                "Grundschule Meiderich: 240 Kinder, Geruch in den Räumen. Was sollen wir tun?",
                "Primary school in Meiderich: 240 children, a smell in the rooms. What shall we do?",
            ),
            sender=_both("Schulleitung", "Head of the school"),
            priority="flash",
            expected=_both("Klare Anweisung binnen drei Minuten", "A clear instruction within three minutes"),
        ),
        Inject(
            id="tram",
            after_min=9,
            kind="incident",
            title=_both("Auffahrunfall im Rauch, A 59", "Collision in the smoke, A 59"),
            text=_both("Fünf Fahrzeuge, zwei Verletzte.", "Five vehicles, two people hurt."),
            type="traffic",
            severity="major",
            place=("A 59, Anschluss Ruhrort", (6.7700, 51.4600)),
            agencies=(POLICE, FIRE),
            expected=_both("Deckung im Norden bleibt erhalten", "The north keeps its cover"),
        ),
        Inject(
            id="missing",
            after_min=14,
            kind="message",
            title=_both("Vermisste sind zu Hause", "The missing are at home"),
            text=_both("Beide haben früher Schluss gemacht.", "Both left early."),
            sender=_both("Hafenmeister", "Harbour master"),
        ),
        Inject(
            id="water",
            after_min=20,
            kind="message",
            title=_both("Löschwasser läuft ins Becken", "Water for extinguishing runs into the basin"),
            text=_both("Schaumteppich, Fische an der Oberfläche.", "A carpet of foam, fish at the surface."),
            sender=_both("Wasserschutzpolizei", "River police"),
            priority="immediate",
            expected=_both("Umweltamt beteiligt", "The environment office takes part"),
        ),
        Inject(
            id="end",
            after_min=44,
            kind="cue",
            title=_both("Übungsende ansagen", "Announce the end"),
        ),
    ),
)

CONCERT: Final = Scenario(
    id="emergency.concert",
    title=_both("Konzertabend mit Unwetter", "A concert evening with a storm"),
    text=_both(
        "35.000 Menschen in der Arena, dann ein Gewitter. 40 Minuten; der Himmel lebt fünfmal so schnell.",
        "35,000 people in the arena, then a thunderstorm. 40 minutes; the sky lives five times as fast.",
    ),
    minutes=40,
    pace=5,
    types=("WeatherObserved", "OffStreetParking"),
    happenings=(
        Happening(kind="match", begins_h=-2, lasts_h=6),
        Happening(kind="storm", begins_h=0.8, lasts_h=5, strength=30),
        Happening(kind="downpour", begins_h=1.4, lasts_h=1.5, strength=50),
    ),
    goals=(
        _both("Abbruch entschieden, bevor die Böen kommen", "Stopping is decided before the gusts come"),
        _both("Räumung ohne Gegenstrom, Bahnen bereit", "The arena is cleared without crossing streams, trams ready"),
    ),
    injects=(
        Inject(
            id="crowd",
            after_min=1,
            kind="incident",
            title=_both("Konzert in der Arena, Lageführung", "Concert in the arena, watching the situation"),
            type="crowd",
            severity="minor",
            place=("Arena, Margaretenstraße", ARENA),
            agencies=(POLICE, ORDER, FIRE),
        ),
        Inject(
            id="weather",
            after_min=7,
            kind="message",
            title=_both("Warnung des Wetterdienstes", "The weather service warns"),
            text=_both(
                "Schwere Gewitter, Böen bis 100 km/h ab 21:40 Uhr.",
                "Severe thunderstorms, gusts up to 100 km/h from 21:40.",
            ),
            sender=_both("Deutscher Wetterdienst", "German weather service"),
            priority="immediate",
            expected=_both("Entscheidung über Abbruch mit Begründung", "A decision about stopping, with reasons"),
        ),
        Inject(
            id="collapse",
            after_min=14,
            kind="incident",
            title=_both("Zwei Personen kollabiert, Innenraum", "Two people collapsed in front of the stage"),
            type="rescue",
            severity="critical",
            place=("Arena, Innenraum", ARENA),
            agencies=(FIRE,),
            expected=_both("Zugang über das Marathontor", "Access by the marathon gate"),
        ),
        Inject(
            id="tree",
            after_min=22,
            kind="incident",
            title=_both("Baum auf Straßenbahn, Gleis gesperrt", "A tree on a tram, the line is closed"),
            type="traffic",
            severity="major",
            place=("Düsseldorfer Straße, Wanheimerort", (6.7640, 51.4120)),
            agencies=(FIRE, POLICE, WORKS),
            expected=_both("Busse für die Abreise", "Buses for the way home"),
        ),
        Inject(
            id="end",
            after_min=39,
            kind="cue",
            title=_both("Übungsende ansagen", "Announce the end"),
        ),
    ),
)

SCENARIOS: Final = (FLOOD, PORT_FIRE, CONCERT)
