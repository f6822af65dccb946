"""What a city starts with: templates of warnings, and for the city of the shipped map who lives where.

Figures of people are rounded to a hundred, by borough, of about 2021 (as Wikipedia lists them); a city loads its own.
The texts are a start in the manner of German warnings (what, where, what to do, until when, who), no official ones.
"""

from __future__ import annotations

from typing import Final

from rhinecloud.base.declare import Label

from .cap import Named
from .declare import Draft, Profile, Template, Words, Zone

PROFILES: Final = {
    "city": Profile(
        sender="duisburg.rhinecloud.example",
        sender_name="Stadt Duisburg",
        contact="Gefahrentelefon 0800 1121313",
        signature="Stadt Duisburg\nLeitstelle\nBurgplatz 19\n47051 Duisburg",
        regional_key="051120000000",
        geocodes=(Named("WARNCELLID", "105112000"),),
        zones=(
            Zone(name="Walsum", people=51_500),
            Zone(name="Hamborn", people=71_500),
            Zone(name="Meiderich/Beeck", people=73_900),
            Zone(name="Homberg/Ruhrort/Baerl", people=41_200),
            Zone(name="Mitte", people=106_000),
            Zone(name="Rheinhausen", people=77_900),
            Zone(name="Süd", people=73_300),
        ),
        zones_source="Wikipedia, Stadtbezirke, um 2021, gerundet",
    )
}

_LISTEN = Label(
    de="Informieren Sie Ihre Nachbarn. Achten Sie auf Durchsagen und auf diese Seite. "
    "Rufen Sie 110 und 112 nur in Notfällen.",
    en="Tell your neighbours. Follow announcements and this page. Call 110 and 112 in emergencies only.",
)


def _draft(
    de: tuple[str, str, str, str], en: tuple[str, str, str, str], easy: tuple[str, ...] = (), **more: str
) -> Draft:
    """Texts as (event, headline, description, instruction)."""
    texts = [
        Words(language=tag, event=t[0], headline=t[1], description=t[2], instruction=f"{t[3]} {_LISTEN[tag]}", area="")
        for tag, t in (("de", de), ("en", en))
    ]
    if easy:
        texts.append(Words(language="de-LS", event=easy[0], headline=easy[1], description=easy[2], instruction=easy[3]))
    category, response = more.pop("category", "Safety"), more.pop("response", "Shelter")
    return Draft(category=tuple(category.split()), response=tuple(response.split()), texts=tuple(texts), **more)  # type: ignore[arg-type]


TEMPLATES: Final = (
    Template(
        id="general",
        title=Label(de="Gefahr, allgemein", en="Danger, in general"),
        draft=_draft(
            (
                "Gefahr",
                "[Was] in [Ort]",
                "[Was ist geschehen?] [Wo?] [Welche Gefahr?]",
                "[Was sollen die Menschen tun?]",
            ),
            ("Danger", "[What] in [place]", "[What happened?] [Where?] [Which danger?]", "[What should people do?]"),
            category="Safety",
            response="Monitor",
        ),
    ),
    Template(
        id="smoke",
        title=Label(de="Brand mit Rauch", en="Fire with smoke"),
        lasts_s=4 * 3600,
        draft=_draft(
            (
                "Brandrauch",
                "Brandrauch in [Ort]",
                "Bei einem Brand in [Ort] ist Rauch entstanden, der nach [Richtung] zieht. Der Rauch kann Reizungen "
                "der Atemwege hervorrufen.",
                "Gehen Sie in ein Gebäude. Schließen Sie Fenster und Türen. Schalten Sie Lüftungen und "
                "Klimaanlagen ab. Meiden Sie das Gebiet; machen Sie den Einsatzkräften Platz.",
            ),
            (
                "Smoke",
                "Smoke from a fire in [place]",
                "A fire in [place] causes smoke that drifts to the [direction]. The smoke can irritate the airways.",
                "Go into a building. Close windows and doors. Turn off ventilation and air conditioning. "
                "Keep away from the area; make way for the emergency services.",
            ),
            (
                "Rauch",
                "Achtung: Rauch in [Ort]",
                "Es brennt in [Ort].\nEs gibt viel Rauch.\nDer Rauch ist nicht gesund.",
                "Gehen Sie in ein Haus.\nMachen Sie Fenster und Türen zu.\nMachen Sie die Lüftung aus.\n"
                "Hören Sie Radio.\nRufen Sie nur im Notfall 112 an.",
            ),
            category="Fire Health",
        ),
    ),
    Template(
        id="hazmat",
        title=Label(de="Gefahrstoff in der Luft", en="Hazardous substance in the air"),
        lasts_s=4 * 3600,
        draft=_draft(
            (
                "Gefahrstoffaustritt",
                "Gefahrstoff in der Luft in [Ort]",
                "In [Ort] ist [Stoff] ausgetreten. Die Wolke zieht nach [Richtung]. Der Stoff kann die Gesundheit "
                "schädigen.",
                "Gehen Sie sofort in ein Gebäude, möglichst in ein oberes Stockwerk. Schließen Sie Fenster und Türen. "
                "Schalten Sie Lüftungen ab. Atmen Sie im Freien durch ein Tuch.",
            ),
            (
                "Release of a hazardous substance",
                "Hazardous substance in the air in [place]",
                "[Substance] has been released in [place]. The cloud drifts to the [direction]. It can harm "
                "your health.",
                "Go into a building at once, to an upper floor if you can. Close windows and doors. Turn off "
                "ventilation. Outdoors, breathe through a cloth.",
            ),
            category="CBRNE Health",
            severity="Extreme",
        ),
    ),
    Template(
        id="flood",
        title=Label(de="Hochwasser", en="Flood"),
        lasts_s=12 * 3600,
        draft=_draft(
            (
                "Hochwasser",
                "Hochwasser am Rhein: [Ort]",
                "Der Rhein steigt. Am Pegel Ruhrort werden [Wert] m erwartet, am [Tag, Uhrzeit]. "
                "Überflutet werden können: [Straßen, Gebiete].",
                "Verlassen Sie das Ufer und tief liegende Gebiete. Betreten Sie keine Deiche. Bringen Sie Fahrzeuge "
                "und Wertvolles aus Kellern und Tiefgaragen in Sicherheit. Gehen Sie nicht in überflutete Keller.",
            ),
            (
                "Flood",
                "Rhine flood: [place]",
                "The Rhine is rising. [Value] m are expected at the Ruhrort gauge on [day, time]. "
                "May be flooded: [streets, areas].",
                "Leave the banks and low-lying areas. Keep off the dikes. Move vehicles and valuables out of cellars "
                "and underground car parks. Do not enter flooded cellars.",
            ),
            (
                "Hochwasser",
                "Achtung: Hochwasser am Rhein",
                "Das Wasser im Rhein steigt.\nDas Wasser kann auf die Straßen kommen.\nDas ist gefährlich.",
                "Gehen Sie weg vom Wasser.\nGehen Sie nicht auf den Deich.\nGehen Sie nicht in den Keller.\n"
                "Hören Sie Radio.\nRufen Sie nur im Notfall 112 an.",
            ),
            category="Met Safety",
            response="Avoid Prepare",
            urgency="Expected",
            certainty="Likely",
        ),
    ),
    Template(
        id="dike",
        title=Label(de="Deichbruch droht: Räumung", en="Dike may break: evacuation"),
        lasts_s=12 * 3600,
        draft=_draft(
            (
                "Deichbruch",
                "Verlassen Sie sofort [Gebiet]: Deichbruch droht",
                "Der Deich bei [Ort] kann brechen. Das Gebiet [Straßen] kann in kurzer Zeit meterhoch "
                "überflutet werden.",
                "Verlassen Sie das Gebiet sofort in Richtung [Richtung]. Nehmen Sie Medikamente, Ausweise und warme "
                "Kleidung mit. Helfen Sie anderen. Wer Hilfe braucht, ruft 112. Notunterkunft: [Adresse]. "
                "Ist der Weg versperrt, gehen Sie in ein oberes Stockwerk.",
            ),
            (
                "Dike breach",
                "Leave [area] now: the dike may break",
                "The dike at [place] may break. The area [streets] can be flooded metres deep within a short time.",
                "Leave the area at once towards [direction]. Take medicine, identity papers and warm clothes. Help "
                "others. Call 112 if you need help. Shelter: [address]. If the way is blocked, go to an upper floor.",
            ),
            category="Safety Rescue",
            response="Evacuate",
            severity="Extreme",
            certainty="Possible",
        ),
    ),
    Template(
        id="power",
        title=Label(de="Stromausfall", en="Power cut"),
        lasts_s=6 * 3600,
        draft=_draft(
            (
                "Stromausfall",
                "Stromausfall in [Ort]",
                "In [Ort] ist der Strom ausgefallen. Er bleibt voraussichtlich bis [Uhrzeit] aus. Auch Telefone und "
                "Ampeln können ausfallen.",
                "Schalten Sie Herd und Heizgeräte aus. Nutzen Sie kein offenes Feuer und keinen Grill in Räumen. "
                "Hilfe und Auskunft erhalten Sie hier: [Anlaufstelle].",
            ),
            (
                "Power cut",
                "Power cut in [place]",
                "The power has failed in [place]. It is expected to stay off until [time]. Telephones and traffic "
                "lights may fail too.",
                "Turn off stoves and heaters. Do not use open fire or a barbecue indoors. Help and information: "
                "[meeting point].",
            ),
            category="Infra",
            response="Prepare",
        ),
    ),
    Template(
        id="water",
        title=Label(de="Trinkwasser abkochen", en="Boil drinking water"),
        lasts_s=24 * 3600,
        draft=_draft(
            (
                "Trinkwasserverunreinigung",
                "Trinkwasser abkochen in [Ort]",
                "Im Trinkwasser von [Ort] wurden [Keime] gefunden.",
                "Kochen Sie Trinkwasser fünf Minuten ab, bevor Sie es trinken, Speisen damit zubereiten oder Zähne "
                "putzen. Duschen und Waschen sind möglich.",
            ),
            (
                "Contaminated drinking water",
                "Boil drinking water in [place]",
                "[Germs] were found in the drinking water of [place].",
                "Boil tap water for five minutes before drinking it, preparing food or brushing teeth. Showering and "
                "washing are possible.",
            ),
            category="Health",
            response="Execute",
        ),
    ),
    Template(
        id="bomb",
        title=Label(de="Bombenentschärfung: Räumung", en="Bomb disposal: evacuation"),
        lasts_s=8 * 3600,
        draft=_draft(
            (
                "Kampfmittelfund",
                "Räumung in [Ort] wegen Bombenentschärfung",
                "In [Ort] wurde ein Blindgänger gefunden. Er wird am [Tag, Uhrzeit] entschärft. Das Gebiet im Umkreis "
                "von [Zahl] Metern wird geräumt: [Straßen].",
                "Verlassen Sie das Gebiet bis [Uhrzeit]. Anlaufstelle: [Adresse]. Wer Hilfe beim Transport braucht, "
                "ruft [Telefon] an.",
            ),
            (
                "Unexploded bomb",
                "Evacuation in [place]: bomb disposal",
                "An unexploded bomb was found in [place]. It will be defused on [day, time]. The area within [number] "
                "metres is evacuated: [streets].",
                "Leave the area by [time]. Meeting point: [address]. If you need help to leave, call [telephone].",
            ),
            category="Security Safety",
            response="Evacuate",
            certainty="Likely",
        ),
    ),
)

ALL_CLEAR: Final = {
    "de": ("Entwarnung", "Entwarnung: {headline}", "Die Gefahr besteht nicht mehr.", "Sie müssen nichts weiter tun."),
    "en": ("All clear", "All clear: {headline}", "The danger is over.", "You need not do anything more."),
    "de-LS": ("Entwarnung", "Entwarnung: {headline}", "Die Gefahr ist vorbei.", "Sie müssen nichts mehr tun."),
}
RETRACT: Final = {
    "de": (
        "Rücknahme",
        "Warnung zurückgenommen: {headline}",
        "Die Warnung war ein Irrtum. Es besteht keine Gefahr.",
        "Sie müssen nichts tun.",
    ),
    "en": (
        "Withdrawal",
        "Warning withdrawn: {headline}",
        "The warning was a mistake. There is no danger.",
        "You need not do anything.",
    ),
}
