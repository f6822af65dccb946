"""Environment: the river and the waters, weather, air and noise.

River gauges (with PEGELONLINE as a ready feed), weather stations, air quality stations and sound level meters, after
the Smart Data Models of Environment and Weather. Its simulator plays twenty-seven stations at real places in Duisburg.
"""

from rhinecloud.kit import Label, Layer, Pack, beside

from .feeds import FEEDS
from .models import AIR, NOISE, SOIL, WATER, WEATHER
from .simulator import things

PACK = Pack(
    id="environment",
    title=Label(de="Umwelt", en="Environment"),
    text=Label(
        de="Pegel, Wetter, Luft und Lärm: was die Umwelt gerade tut, und was sie gestern tat.",
        en="Water levels, weather, air and noise: what the environment does now, and what it did yesterday.",
    ),
    types=(WATER, WEATHER, AIR, NOISE, SOIL),
    feeds=FEEDS,
    layers=(
        Layer(type=WATER.name, label=WATER.plural, cluster=False),
        Layer(type=WEATHER.name, label=WEATHER.plural, cluster=False),
        Layer(type=AIR.name, label=AIR.plural, cluster=False),
        Layer(type=NOISE.name, label=NOISE.plural, cluster=False, on=False),
        Layer(type=SOIL.name, label=SOIL.plural, on=False),
    ),
    simulator=things,
    readme=beside(__file__),
)
