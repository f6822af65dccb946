"""Emergency services: units as devices that tell their radio status and where they are, and take orders.

In the demo city: ten agencies, their stations and some fifty units with crews that answer, drive, work and come home.
"""

from rhinecloud.kit import Label, Pack, beside

from .centre import CENTRE
from .models import VEHICLE
from .scenarios import SCENARIOS
from .simulator import things
from .views import LAYERS, PANELS

PACK = Pack(
    id="emergency",
    title=Label(de="Gefahrenabwehr", en="Emergency services"),
    text=Label(
        de="Einsatzfahrzeuge mit Funkstatus und Ort, wie sie ihr eigenes Gerät sendet; in der Demo mit Besatzungen, die"
        " Aufträge annehmen und fahren.",
        en="Emergency vehicles with radio status and place, as their own device tells them; in the demo with crews that"
        " take orders and drive.",
    ),
    types=(VEHICLE,),
    layers=LAYERS,
    panels=PANELS,
    simulator=things,
    centre=CENTRE,
    scenarios=SCENARIOS,
    readme=beside(__file__),
)
