"""Environment: the river and the waters, weather, air, noise and the water in the soil.

River gauges (with PEGELONLINE as a ready feed), weather stations (with the German weather service's open data), air
quality stations, sound level meters and soil probes, after the Smart Data Models; the rules follow official marks and
warning criteria. Its simulator plays some two hundred stations at real places from one weather and one river.
"""

from rhinecloud.kit import Label, Pack, beside

from .dwd import READERS
from .feeds import FEEDS
from .kpis import INDICATORS
from .models import AIR, NOISE, SOIL, WATER, WEATHER
from .playbooks import PLAYBOOKS
from .rules import RULES
from .simulator import things
from .views import LAYERS, PANELS

PACK = Pack(
    id="environment",
    title=Label(de="Umwelt", en="Environment"),
    text=Label(
        de="Pegel, Wetter, Luft, Lärm und Bodenfeuchte: was die Umwelt gerade tut, was sie gestern tat, und ab wann es"
        " gefährlich wird.",
        en="Water levels, weather, air, noise and soil moisture: what the environment does now, what it did before,"
        " and when it becomes a risk.",
    ),
    types=(WATER, WEATHER, AIR, NOISE, SOIL),
    feeds=FEEDS,
    readers=READERS,
    layers=LAYERS,
    panels=PANELS,
    rules=RULES,
    playbooks=PLAYBOOKS,
    indicators=INDICATORS,
    simulator=things,
    readme=beside(__file__),
)
