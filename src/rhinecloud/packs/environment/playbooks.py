"""What people do, in which order: proposals to be made a city's own, after what is public about such plans.

None of them is the plan of any city. A step names who acts, and how one knows that it is done.
"""

from __future__ import annotations

from rhinecloud.kit import Label, Playbook

from .flood import FLOOD


def _steps(*texts: tuple[str, str]) -> tuple[Label, ...]:
    return tuple(Label(de=de, en=en) for de, en in texts)


RAIN = Playbook(
    id="environment.heavy-rain",
    title=Label(de="Starkregen", en="Heavy rain"),
    text=Label(
        de="Bei Unwetter durch Regen, meist für Stunden.", en="For storms of rain, which mostly last for hours."
    ),
    steps=_steps(
        (
            "Radar und Warnungen des DWD ansehen: wohin zieht es, wie lange noch?",
            "See radar and warnings: where to, how long?",
        ),
        (
            "Unterführungen und Tunnel prüfen, bei Wasser sperren (Polizei, Straßenbau)",
            "Check underpasses, close flooded ones",
        ),
        ("Pegel der Bäche und Rückhaltebecken beobachten (Wirtschaftsbetriebe)", "Watch streams and retention basins"),
        (
            "Pumpen und Kräfte in gefährdete Viertel vorverlegen (Feuerwehr)",
            "Move pumps and crews ahead (fire service)",
        ),
        (
            "Bevölkerung warnen: Keller meiden, nicht durch Wasser fahren",
            "Warn people: stay out of cellars and of deep water",
        ),
    ),
)

STORM = Playbook(
    id="environment.storm",
    title=Label(de="Sturm", en="Storm"),
    text=Label(de="Ab Sturmböen.", en="From gale-force gusts on."),
    steps=_steps(
        ("Parks, Friedhöfe und den Zoo schließen", "Close parks, cemeteries and the zoo"),
        ("Märkte, Bühnen und Baukräne sichern lassen", "Have markets, stages and cranes secured"),
        ("Kräfte für umgestürzte Bäume bereithalten (Feuerwehr, Grünflächen)", "Have crews ready for fallen trees"),
        ("Oberleitungen und Brücken mit der Verkehrsgesellschaft abstimmen", "Agree on overhead lines and bridges"),
        ("Danach: Wege kontrollieren, bevor sie wieder öffnen", "Afterwards: inspect paths before they open again"),
    ),
)

HEAT = Playbook(
    id="environment.heat",
    title=Label(de="Hitze", en="Heat"),
    text=Label(
        de="Nach dem Hitzeaktionsplan, ab Warnstufe 1 des DWD.", en="After the heat action plan, from DWD level 1."
    ),
    steps=_steps(
        (
            "Pflegeheime, Kitas, Schulen und Pflegedienste benachrichtigen",
            "Tell care homes, nurseries, schools and nurses",
        ),
        ("Kühle Orte und Trinkbrunnen öffnen und bekannt machen", "Open cool places and fountains, and say where"),
        ("Arbeiten im Freien verlegen", "Move work out of the midday hours"),
        (
            "Ab extremer Belastung: Obdachlose aufsuchen, Veranstaltungen prüfen",
            "Extreme: look after the homeless, review events",
        ),
    ),
)

AIR_POOR = Playbook(
    id="environment.poor-air",
    title=Label(de="Schlechte Luft", en="Poor air"),
    text=Label(de="Bei Rauch, Schadstoffen oder Ozon.", en="For smoke, pollutants or ozone."),
    steps=_steps(
        (
            "Ursache klären: Brand, Betrieb, Wetterlage? Nachbarstationen ansehen",
            "Find the cause: fire, plant, weather?",
        ),
        (
            "Bei Brand: Messfahrzeug anfordern, Ausbreitung nach Wind abschätzen",
            "Fire: call for measurements, follow the wind",
        ),
        (
            "Empfindliche Menschen informieren: Fenster zu, Anstrengung meiden",
            "Tell sensitive people: windows shut, no strain",
        ),
        ("Schulen und Heime in Windrichtung benachrichtigen", "Tell schools and homes downwind"),
    ),
)

WATERING = Playbook(
    id="environment.watering",
    title=Label(de="Bäume wässern", en="Water the trees"),
    text=Label(
        de="Wenn der Boden unter 30 % nFK fällt.", en="When the soil falls below 30 % of its usable field capacity."
    ),
    steps=_steps(
        ("Regen der nächsten drei Tage prüfen", "Look at the rain of the next three days"),
        (
            "Jungbäume der letzten fünf Jahre zuerst, 100 bis 200 l je Gang",
            "Trees younger than five years first, 100 to 200 l",
        ),
        ("Wassersäcke füllen, Patenschaften informieren", "Fill watering bags, tell those who look after trees"),
    ),
)

PLAYBOOKS = (FLOOD, RAIN, STORM, HEAT, AIR_POOR, WATERING)
