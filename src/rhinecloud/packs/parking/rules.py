"""When parking asks for somebody: what fills, what is full, and counters that cannot be right.

From nine tenths on drivers begin to search for a place instead of finding one (Shoup, The High Cost of Free Parking:
85 to 90 % is the share up to which there is always a free one). Limits to be lifted lie away from those to be raised.
Small car parks are left out where a car or two would decide.
"""

from __future__ import annotations

from rhinecloud.kit import Ahead, Change, Label, Playbook, Rule

from .models import CAR_PARK

MINUTE = 60.0

CROWD = Playbook(
    id="parking.crowd",
    title=Label(de="Parkdruck bei großem Andrang", en="Parking when a crowd comes"),
    text=Label(
        de="Wenn mehrere Parkhäuser zugleich voll sind, etwa bei Veranstaltungen.",
        en="When several car parks are full at once, as at an event.",
    ),
    steps=(
        Label(
            de="Anlass klären: Veranstaltung, Sperrung, Störung im Nahverkehr?",
            en="Find the reason: event, road closed, trams disturbed?",
        ),
        Label(
            de="Parkleitsystem auf Ausweichparkplätze und P+R umstellen",
            en="Direct the guidance signs to other car parks and park and ride",
        ),
        Label(
            de="Nahverkehr um Verstärkung der P+R-Linien bitten",
            en="Ask public transport to strengthen the park-and-ride lines",
        ),
        Label(
            de="Ordnungsamt auf Rettungswege und Anwohnerstraßen hinweisen",
            en="Point public order to rescue ways and residential streets",
        ),
        Label(de="Hinweis an Radio und Portal geben", en="Tell the radio stations and the portal"),
    ),
)

COUNTER = Playbook(
    id="parking.counter",
    title=Label(de="Zähler eines Parkhauses prüfen", en="Check a car park's counter"),
    text=Label(
        de="Wenn gezählt wird, was nicht sein kann, oder gar nichts mehr kommt.",
        en="When what is counted cannot be, or nothing comes any more.",
    ),
    steps=(
        Label(
            de="Betreiber anrufen: Stand vor Ort, Störung der Schranke?",
            en="Call the operator: what stands there, is the barrier faulty?",
        ),
        Label(
            de="Parkleitsystem auf „offen“ ohne Zahl stellen", en="Show “open” without a number on the guidance signs"
        ),
        Label(de="Zähler auf den Stand vor Ort setzen lassen", en="Have the counter set to what stands there"),
    ),
)

PLAYBOOKS = (CROWD, COUNTER)

RULES = (
    Rule(
        id="parking.full",
        title=Label(de="Parkhaus voll", en="Car park full"),
        text=Label(de="{name} ist seit {since} voll.", en="{name} has been full since {since}."),
        type=CAR_PARK.name,
        q="totalSpotNumber>=50;occupancy>=0.98",
        until_q="occupancy<0.94",
        attr="occupancy",
        for_s=10 * MINUTE,
        severity="minor",
        playbook=CROWD.id,
    ),
    Rule(
        id="parking.filling",
        title=Label(de="Parkhaus füllt sich schnell", en="Car park is filling fast"),
        text=Label(
            de="{name}: noch {value} Plätze, mehr als 60 weniger als vor einer halben Stunde.",
            en="{name}: {value} places left, more than 60 fewer than half an hour ago.",
        ),
        type=CAR_PARK.name,
        q="totalSpotNumber>=200;occupancy>=0.7",
        until_q="occupancy<0.65",
        change=Change(attr="availableSpotNumber", per_s=30 * MINUTE, below=-60),
        attr="availableSpotNumber",
        severity="info",
    ),
    Rule(
        id="parking.soon-full",
        title=Label(de="Parkhaus in einer Stunde voraussichtlich voll", en="Car park probably full within the hour"),
        text=Label(
            de="{name}: jetzt {value} frei, nach der Vorhersage in der nächsten Stunde weniger als fünf.",
            en="{name}: {value} free now, by the forecast fewer than five within the hour.",
        ),
        type=CAR_PARK.name,
        q="totalSpotNumber>=100;availableSpotNumber>=15",
        forecast=Ahead(attr="availableSpotNumber", within_s=60 * MINUTE, below=5),
        attr="availableSpotNumber",
        for_s=5 * MINUTE,
        severity="info",
        playbook=CROWD.id,
    ),
    Rule(
        id="parking.over-capacity",
        title=Label(de="Mehr Autos gezählt, als Plätze da sind", en="More cars counted than there are places"),
        text=Label(
            de="{name}: Auslastung {value} seit {since}; der Zähler stimmt wohl nicht.",
            en="{name}: occupancy {value} since {since}; the counter is probably wrong.",
        ),
        type=CAR_PARK.name,
        q="occupancy>1.02",
        until_q="occupancy<=1",
        attr="occupancy",
        for_s=15 * MINUTE,
        severity="minor",
        playbook=COUNTER.id,
    ),
    Rule(
        id="parking.more-free-than-there-are",
        title=Label(de="Mehr Plätze frei gemeldet, als es gibt", en="More places told free than there are"),
        text=Label(
            de="{name}: Auslastung {value} seit {since}; der Zähler stimmt wohl nicht.",
            en="{name}: occupancy {value} since {since}; the counter is probably wrong.",
        ),
        type=CAR_PARK.name,
        q="occupancy<-0.02",
        until_q="occupancy>=0",
        attr="occupancy",
        for_s=15 * MINUTE,
        severity="minor",
        playbook=COUNTER.id,
    ),
    Rule(
        id="parking.silent",
        title=Label(de="Zähler meldet sich nicht", en="Counter is silent"),
        text=Label(
            de="{name} meldet seit {since} keine freien Plätze mehr.",
            en="{name} has told no free places since {since}.",
        ),
        type=CAR_PARK.name,
        attr="availableSpotNumber",
        silent_s=60 * MINUTE,
        severity="info",
        playbook=COUNTER.id,
    ),
    Rule(
        id="parking.closed-but-filling",
        title=Label(de="Geschlossen, und es fahren Autos ein", en="Closed, and cars drive in"),
        text=Label(
            de="{name} ist geschlossen gemeldet, doch die freien Plätze werden weniger: {value}.",
            en="{name} is told closed, yet free places become fewer: {value}.",
        ),
        type=CAR_PARK.name,
        q='status=="closed"',
        change=Change(attr="availableSpotNumber", per_s=60 * MINUTE, below=-5),
        attr="availableSpotNumber",
        severity="minor",
        playbook=COUNTER.id,
    ),
)
