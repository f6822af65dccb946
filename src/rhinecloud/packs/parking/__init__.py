"""Parking: car parks, on-street areas and single bays; what fills, what is free on arrival, and where else to go.

After the Smart Data Models of the subject Parking. Reads DATEX II and ParkAPI and publishes both, tells free places two
hours ahead, and answers where to park. Its simulator fills some fifty car parks and three hundred bays as a day
fills them: shoppers, commuters, patients, and the crowd of a match.
"""

from rhinecloud.kit import Label, Pack, beside

from .forecasts import FORECASTS
from .forms import READERS
from .kpis import INDICATORS
from .models import CAR_PARK, GROUP, SPOT, STREET
from .publications import ENDPOINTS, PUBLICATIONS
from .rules import PLAYBOOKS, RULES
from .simulator import things
from .views import LAYERS, PANELS

PACK = Pack(
    id="parking",
    title=Label(de="Parken", en="Parking"),
    text=Label(
        de="Wo jetzt und bei Ankunft Platz ist: Parkhäuser, Straßenparken, einzelne Stellplätze; DATEX II, ParkAPI.",
        en="Where there is a place now and on arrival: car parks, on-street areas, single bays; DATEX II and ParkAPI.",
    ),
    types=(CAR_PARK, STREET, GROUP, SPOT),
    layers=LAYERS,
    panels=PANELS,
    rules=RULES,
    playbooks=PLAYBOOKS,
    indicators=INDICATORS,
    forecasts=FORECASTS,
    readers=READERS,
    publications=PUBLICATIONS,
    endpoints=ENDPOINTS,
    simulator=things,
    readme=beside(__file__),
)
