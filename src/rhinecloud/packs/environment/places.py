"""Where the simulated stations stand: real places, written down by hand, (lon, lat) in WGS 84.

Gauges of the Rhine outside the city, their kilometres and mean levels (2000 to 2011) are those of the waterway
administration (WSV and BfG, PEGELONLINE and hyd1d); gauges of Emscher, Rotbach and Lippe those of Emschergenossenschaft
and Lippeverband; the course of the waters is from district borders (© OpenStreetMap contributors), the rest from stops
nearby (VRR, CC BY 4.0). The values there are made up.
"""

from __future__ import annotations

from typing import Final

SOUTH, CENTRE, NORTH_WEST, NORTH = "Süd", "Mitte", "Homberg/Ruhrort/Baerl", "Hamborn"
WALSUM, MEIDERICH, WEST = "Walsum", "Meiderich/Beeck", "Rheinhausen"

RUHRORT_KM: Final = 780.8
RUHRORT_MEAN: Final = 4.26

# device, name, longitude, latitude, km, mean level (m), metres there for a metre at Ruhrort: below the mean, above it,
# gauge number, flood mark I, flood mark II (m; 0: none), district ("": outside the city)
RHINE = (
    ("gauge-koeln", "Rhein, Köln", 6.96330, 50.93695, 688.0, 3.21, 0.92, 1.00, "2730010", 6.2, 8.3, ""),
    ("gauge-duesseldorf", "Rhein, Düsseldorf", 6.76989, 51.22550, 744.2, 2.84, 0.93, 1.01, "2750010", 7.1, 8.8, ""),
    ("gauge-muendelheim", "Rhein, Mündelheim", 6.69050, 51.37050, 766.0, 3.95, 0.97, 1.00, "", 0, 0, SOUTH),
    ("gauge-rheinhausen", "Rhein, Brücke der Solidarität", 6.73850, 51.41110, 775.2, 4.12, 0.98, 1.00, "", 0, 0, WEST),
    ("gauge-homberg", "Rhein, Homberg", 6.72080, 51.44930, 779.8, 4.24, 1.00, 1.00, "", 0, 0, NORTH_WEST),
    ("gauge-ruhrort", "Rhein, Ruhrort", 6.72793, 51.45535, 780.8, 4.26, 1.00, 1.00, "2770010", 9.3, 11.3, NORTH_WEST),
    ("gauge-walsum", "Rhein, Walsum", 6.70150, 51.52450, 792.6, 4.08, 0.99, 0.98, "", 0, 0, WALSUM),
    ("gauge-wesel", "Rhein, Wesel", 6.60682, 51.64614, 814.0, 3.78, 0.97, 0.96, "2770040", 8.7, 10.6, ""),
    ("gauge-rees", "Rhein, Rees", 6.39569, 51.75695, 837.4, 3.30, 0.95, 0.94, "2790010", 0, 0, ""),
    ("gauge-emmerich", "Rhein, Emmerich", 6.24559, 51.82923, 851.9, 2.77, 0.93, 0.91, "2790020", 7.0, 8.7, ""),
)
# Basins open to the Rhine stand as high as the Rhine does, a little later and a little calmer: zero (m), hours after it
HARBOUR = (
    ("gauge-hafenkanal", "Hafenkanal, Ruhrort", 6.74977, 51.46049, 0.10, 0.3, MEIDERICH),
    ("gauge-innenhafen", "Innenhafen, Schwanentor", 6.76040, 51.43530, -0.30, 0.4, CENTRE),
    ("gauge-kasslerfeld", "Ruhr, Kaßlerfeld", 6.76061, 51.44427, 0.25, 0.2, CENTRE),
)
# Water behind a weir or locks: usual level (m), rise (m) for a cubic metre a second more of the Ruhr
RUHR = (
    ("gauge-ruhrwehr", "Ruhr, Ruhrwehr Duisburg, Oberwasser", 6.78326, 51.44510, 4.35, 0.0016, CENTRE),
    ("gauge-rhein-herne-kanal", "Rhein-Herne-Kanal, Meiderich", 6.77819, 51.45603, 3.60, 0.0, MEIDERICH),
)
# Fed by rain: water, usual level (m), rise (m) for a millimetre of rain an hour, lasting; hours until half has run off
BROOKS = (
    (
        "gauge-kleine-emscher",
        "Kleine Emscher, Brücke",
        6.77527,
        51.50836,
        "Kleine Emscher",
        1.12,
        0.30,
        5,
        NORTH,
    ),
    ("gauge-emscher-bahnstr", "Emscher, Bahnstraße", 6.79403, 51.52776, "Emscher", 2.30, 0.72, 10, WALSUM),
    ("gauge-emscher-hagelstr", "Emscher, Hagelstraße", 6.69801, 51.56130, "Emscher", 1.70, 0.68, 11, ""),
    ("gauge-emscher-heerstr", "Emscher, Heerstraße", 6.70742, 51.56044, "Emscher", 2.25, 0.68, 11, ""),
    ("gauge-emscher-konrad", "Emscher, Konrad-Adenauer-Straße", 6.72045, 51.55721, "Emscher", 2.05, 0.70, 10, ""),
    ("gauge-rotbach-kirchstr", "Rotbach, Kirchstraße", 6.77523, 51.56601, "Rotbach", 0.45, 0.16, 6, ""),
    ("gauge-rotbachsee", "Rotbachsee, Becken", 6.78145, 51.56825, "Rotbach", 0.50, 0.10, 14, ""),
    ("gauge-rotbach-zufluss", "Rotbach, Schlägerheide", 6.82646, 51.58085, "Rotbach", 0.30, 0.18, 5, ""),
    ("gauge-rotbach-freibad", "Rotbach, Zum Freibad", 6.77802, 51.56729, "Rotbach", 0.95, 0.15, 6, ""),
    ("gauge-huenxe-hoefe", "Bruckhauser Mühlenbach, An den Höfen", 6.75089, 51.59604, "Mühlenbach", 0.48, 0.12, 4, ""),
    ("gauge-huenxe-ablauf", "Bruckhauser Mühlenbach, Ablauf", 6.75604, 51.60272, "Mühlenbach", 0.16, 0.10, 4, ""),
    ("gauge-huenxe-becken", "Bruckhauser Mühlenbach, Becken", 6.76643, 51.61101, "Mühlenbach", 0.85, 0.12, 12, ""),
    ("gauge-lippe-fusternberg", "Lippe, Fusternberg", 6.64271, 51.65193, "Lippe", 3.20, 0.55, 30, ""),
    ("gauge-lippe-krudenburg", "Lippe, Krudenburg", 6.75762, 51.65040, "Lippe", 2.05, 0.60, 28, ""),
)

# device, name, longitude, latitude, warmer than the countryside by (K), wind against open land (1 = open), district
WEATHER = (
    ("weather-kaiserberg", "Wetter Kaiserberg", 6.80358, 51.43318, -0.4, 0.8, CENTRE),
    ("weather-ruhrort", "Wetter Ruhrort", 6.73521, 51.45737, 0.3, 1.1, NORTH_WEST),
    ("weather-walsum", "Wetter Walsum", 6.74290, 51.52718, 0.0, 0.9, WALSUM),
    ("weather-rheinhausen", "Wetter Rheinhausen", 6.71128, 51.40451, 0.2, 0.9, WEST),
    ("weather-grossenbaum", "Wetter Großenbaum", 6.77849, 51.36527, -0.2, 0.7, SOUTH),
    ("weather-innenstadt", "Wetter Rathaus", 6.76186, 51.43450, 1.4, 0.6, CENTRE),
    ("weather-baerl", "Wetter Baerl", 6.67312, 51.49696, -0.5, 1.1, NORTH_WEST),
    ("weather-marxloh", "Wetter Marxloh", 6.75756, 51.50213, 0.8, 0.7, NORTH),
    ("weather-muendelheim", "Wetter Mündelheim", 6.70107, 51.36272, -0.5, 1.2, SOUTH),
    ("weather-meiderich", "Wetter Meiderich", 6.78019, 51.46883, 0.6, 0.8, MEIDERICH),
    ("weather-wedau", "Wetter Wedau", 6.79272, 51.41464, -0.1, 1.0, CENTRE),
    ("weather-logport", "Wetter Logport", 6.72720, 51.39175, 0.3, 1.2, WEST),
)

# device, name, longitude, latitude, how much of the traffic, how much of the industry it smells (0 to 1), district
AIR = (
    ("air-kardinal-galen", "Luft Kardinal-Galen-Straße", 6.77060, 51.43700, 1.0, 0.2, CENTRE),
    ("air-hauptbahnhof", "Luft Hauptbahnhof", 6.77590, 51.42979, 0.8, 0.2, CENTRE),
    ("air-walsum", "Luft Walsum", 6.74290, 51.52700, 0.3, 0.5, WALSUM),
    ("air-marxloh", "Luft Marxloh", 6.75756, 51.50213, 0.7, 0.8, NORTH),
    ("air-laar", "Luft Laar", 6.73320, 51.46567, 0.4, 1.0, MEIDERICH),
    ("air-huettenheim", "Luft Hüttenheim", 6.72922, 51.36830, 0.3, 0.9, SOUTH),
    ("air-buchholz", "Luft Buchholz", 6.77605, 51.38332, 0.3, 0.2, SOUTH),
)

# device, name, longitude, latitude, quiet of the night (dB(A)), rise with the traffic (dB), source, area, district
NOISE = (
    ("noise-hauptbahnhof", "Lärm Hauptbahnhof", 6.77652, 51.43058, 54.0, 12.0, "rail", "mixed", CENTRE),
    ("noise-marientor", "Lärm Marientor", 6.75776, 51.43118, 50.0, 16.0, "traffic", "mixed", CENTRE),
    ("noise-friedrichsplatz", "Lärm Friedrichsplatz", 6.73473, 51.45583, 46.0, 13.0, "shipping", "mixed", NORTH_WEST),
    ("noise-pollmann", "Lärm Marxloh, Pollmann", 6.75756, 51.50213, 50.0, 17.0, "traffic", "commercial", NORTH),
    ("noise-sechs-seen", "Lärm Sechs-Seen-Platte", 6.79934, 51.38583, 36.0, 7.0, "leisure", "residential", SOUTH),
)

# Large plants that can be smelt: the steelworks in the north, in the south, the power station: (lon, lat), reach (km)
PLANTS = ((6.7350, 51.4880, 2.6), (6.7250, 51.3690, 1.8), (6.7130, 51.5280, 1.6))

# Parks and woods with soil moisture probes of their own.
PARKS = (
    ("kaiserberg", "Kaiserberg", 6.80358, 51.43318, CENTRE),
    ("botanischer-garten", "Botanischer Garten", 6.79616, 51.43566, CENTRE),
    ("immanuel-kant-park", "Kantpark", 6.76626, 51.43114, CENTRE),
    ("sechs-seen", "Sechs-Seen-Platte", 6.79934, 51.38583, SOUTH),
    ("landschaftspark", "Landschaftspark Nord", 6.79313, 51.47943, MEIDERICH),
    ("sportpark-wedau", "Sportpark Wedau", 6.79272, 51.41464, CENTRE),
    ("grillopark", "Grillopark", 6.75592, 51.50024, NORTH),
    ("tiger-turtle", "Heinrich-Hildebrand-Höhe", 6.73558, 51.37741, SOUTH),
    ("friedrichsplatz", "Friedrichsplatz", 6.73473, 51.45583, NORTH_WEST),
    ("rheinpark", "Rheinpark Hochfeld", 6.74820, 51.41620, CENTRE),
)
