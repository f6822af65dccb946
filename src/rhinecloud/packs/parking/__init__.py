"""Parking: car parks and single parking spots.

After the Smart Data Models of the subject Parking. Its simulator fills some forty car parks at real places in Duisburg
as a day fills them: shoppers, commuters, patients, and the crowd of a match.
"""

from rhinecloud.kit import Label, Layer, Pack, beside

from .forecasts import FORECASTS
from .forms import READERS
from .models import CAR_PARK, GROUP, SPOT, STREET
from .publications import ENDPOINTS, PUBLICATIONS
from .simulator import things

PACK = Pack(
    id="parking",
    title=Label(de="Parken", en="Parking"),
    text=Label(
        de="Wo jetzt ein Platz frei ist: Parkhäuser, Parkplätze, Park + Ride.",
        en="Where there is a place now: car parks, park and ride, single spots.",
    ),
    types=(CAR_PARK, STREET, GROUP, SPOT),
    layers=(
        Layer(type=CAR_PARK.name, label=CAR_PARK.plural),
        Layer(type=STREET.name, label=STREET.plural, min_zoom=12),
        Layer(type=SPOT.name, label=SPOT.plural, on=False, min_zoom=15),
    ),
    simulator=things,
    readme=beside(__file__),
    forecasts=FORECASTS,
    readers=READERS,
    publications=PUBLICATIONS,
    endpoints=ENDPOINTS,
)
