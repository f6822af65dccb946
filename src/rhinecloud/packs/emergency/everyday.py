"""What happens in the demo city any day. Places are real, what happens there is made up."""

from __future__ import annotations

from typing import Final

from rhinecloud.kit import Everyday

from .stations import FIRE, ORDER, POLICE, TRANSPORT, UTILITY, WORKS

Spot = tuple[str, tuple[float, float]]

MARXLOH: Final[Spot] = ("Weseler Straße, Marxloh", (6.7576, 51.5021))
HAMBORN: Final[Spot] = ("Duisburger Straße, Hamborn", (6.7707, 51.4912))
MEIDERICH: Final[Spot] = ("Von-der-Mark-Straße, Meiderich", (6.7802, 51.4689))
RUHRORT: Final[Spot] = ("Friedrichsplatz, Ruhrort", (6.7347, 51.4558))
HOMBERG: Final[Spot] = ("Augustastraße, Homberg", (6.7066, 51.4498))
HOCHHEIDE: Final[Spot] = ("Kirchstraße, Hochheide", (6.6900, 51.4460))
MITTE: Final[Spot] = ("Königstraße, Dellviertel", (6.7676, 51.4331))
HBF: Final[Spot] = ("Hauptbahnhof, Portsmouthplatz", (6.7759, 51.4298))
HOCHFELD: Final[Spot] = ("Wanheimer Straße, Hochfeld", (6.7560, 51.4180))
RHEINHAUSEN: Final[Spot] = ("Krefelder Straße, Rheinhausen", (6.7201, 51.4103))
BUCHHOLZ: Final[Spot] = ("Düsseldorfer Landstraße, Buchholz", (6.7754, 51.3829))
GROSSENBAUM: Final[Spot] = ("Angermunder Straße, Großenbaum", (6.7775, 51.3648))
WALSUM: Final[Spot] = ("Friedrich-Ebert-Straße, Walsum", (6.7429, 51.5272))
WEDAU: Final[Spot] = ("Wedauer Straße, Wedau", (6.7927, 51.4146))
NEUDORF: Final[Spot] = ("Oststraße, Neudorf", (6.7920, 51.4230))

EVERYDAY: Final = (
    Everyday(
        type="rescue",
        title="Atemnot, 71 Jahre",
        text="Anruferin ist die Nachbarin, Tür ist offen.",
        needs=(("RTW", 1), ("NEF", 1)),
        agencies=(FIRE,),
        places=(MARXLOH, MEIDERICH, RHEINHAUSEN, BUCHHOLZ),
    ),
    Everyday(
        type="rescue",
        title="Sturz von der Leiter",
        text="Bei Bewusstsein, Schmerzen in der Schulter.",
        severity="major",
        needs=(("RTW", 1),),
        agencies=(FIRE,),
        places=(HOMBERG, NEUDORF, GROSSENBAUM),
    ),
    Everyday(
        type="rescue",
        title="Brustschmerz, 58 Jahre",
        needs=(("RTW", 1), ("NEF", 1)),
        agencies=(FIRE,),
        places=(HBF, HOCHFELD, WALSUM),
    ),
    Everyday(
        type="rescue",
        title="Radfahrer gestürzt",
        severity="major",
        needs=(("RTW", 1),),
        agencies=(FIRE,),
        places=(MITTE, WEDAU, RUHRORT),
    ),
    Everyday(
        type="fire",
        title="Rauch aus Kellerfenster",
        text="Mehrfamilienhaus, Bewohner gehen nach draußen.",
        needs=(("HLF", 2), ("DLK", 1), ("ELW", 1), ("RTW", 1)),
        agencies=(FIRE, POLICE),
        places=(HOCHFELD, MARXLOH, HOCHHEIDE),
    ),
    Everyday(
        type="fire",
        title="Brandmeldeanlage ausgelöst",
        text="Auslösung einer Schleife, keine Rückmeldung vor Ort.",
        severity="major",
        needs=(("HLF", 1), ("DLK", 1)),
        agencies=(FIRE,),
        places=(HBF, MITTE, WALSUM, RUHRORT),
    ),
    Everyday(
        type="fire",
        title="Müllbehälter brennt",
        severity="minor",
        needs=(("HLF", 1),),
        agencies=(FIRE,),
        places=(HAMBORN, RHEINHAUSEN, MEIDERICH),
    ),
    Everyday(
        type="technical",
        title="Person im Aufzug",
        text="Steckt zwischen zwei Stockwerken, wohlauf.",
        severity="minor",
        needs=(("HLF", 1),),
        agencies=(FIRE,),
        places=(MITTE, HOCHHEIDE, NEUDORF),
    ),
    Everyday(
        type="traffic",
        title="Unfall, zwei Pkw",
        text="Zwei Leichtverletzte, eine Spur ist gesperrt.",
        severity="major",
        needs=(("Streife", 1), ("RTW", 1), ("HLF", 1)),
        agencies=(POLICE, FIRE),
        places=(BUCHHOLZ, HAMBORN, RHEINHAUSEN),
    ),
    Everyday(
        type="traffic",
        title="Bahn und Pkw berühren sich",
        text="Keine Verletzten, Gleis ist blockiert.",
        needs=(("Streife", 1), ("Stadtbahn", 1)),
        agencies=(POLICE, TRANSPORT),
        places=(MITTE, MEIDERICH),
    ),
    Everyday(
        type="power",
        title="Ausfall einer Ortsnetzstation",
        text="Etwa 90 Haushalte ohne Strom.",
        severity="minor",
        needs=(("Strom", 1),),
        agencies=(UTILITY,),
        places=(WEDAU, HOMBERG, GROSSENBAUM),
    ),
    Everyday(
        type="infrastructure",
        title="Gasgeruch im Treppenhaus",
        severity="major",
        urgency="immediate",
        needs=(("Gas", 1), ("HLF", 1)),
        agencies=(FIRE, UTILITY),
        places=(NEUDORF, RUHRORT),
    ),
    Everyday(
        type="infrastructure",
        title="Ast liegt auf dem Radweg",
        text="Meldung über die Bürger-App, mit Foto.",
        agencies=(WORKS,),
        places=(WEDAU, HOMBERG, WALSUM),
        for_people=True,
    ),
    Everyday(
        type="traffic",
        title="Ampel ausgefallen",
        text="Kreuzung, blinkt nur gelb. Zwei Anrufe.",
        agencies=(POLICE, WORKS),
        places=(HAMBORN, BUCHHOLZ, RHEINHAUSEN),
        for_people=True,
    ),
    Everyday(
        type="environment",
        title="Ölfilm auf dem Hafenbecken",
        text="Etwa 30 m lang, Herkunft unklar.",
        severity="major",
        agencies=(FIRE, WORKS),
        places=(RUHRORT,),
        for_people=True,
    ),
    Everyday(
        type="other",
        title="Lärm auf dem Spielplatz",
        agencies=(ORDER,),
        places=(MITTE, MEIDERICH, HOCHFELD),
        for_people=True,
    ),
)
