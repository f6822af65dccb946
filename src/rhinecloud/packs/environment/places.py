"""Where the simulated stations stand: real places in Duisburg, written down by hand, (lon, lat) in WGS 84.

The coordinates are facts: the gauge Ruhrort from the waterway administration, the course of the waters from district
borders (© OpenStreetMap contributors), the rest from stops nearby (VRR, CC BY 4.0). The values there are made up.
"""

from __future__ import annotations

# device, name, longitude, latitude, height of the gauge's zero against Ruhrort's slope (m), hours after Ruhrort
RHINE = (
    ("gauge-muendelheim", "Rhein, Mündelheim", 6.69050, 51.37050, 0.35, -4.0),
    ("gauge-rheinhausen", "Rhein, Brücke der Solidarität", 6.73850, 51.41110, 0.20, -2.0),
    ("gauge-homberg", "Rhein, Homberg", 6.72080, 51.44930, 0.05, -0.5),
    ("gauge-ruhrort", "Rhein, Ruhrort", 6.72793, 51.45535, 0.00, 0.0),
    ("gauge-walsum", "Rhein, Walsum", 6.70150, 51.52450, -0.15, 3.0),
)
# Basins open to the Rhine stand as high as the Rhine does, a little later and a little calmer.
HARBOUR = (
    ("gauge-hafenkanal", "Hafenkanal, Ruhrort", 6.74977, 51.46049, 0.10, 0.3),
    ("gauge-innenhafen", "Innenhafen, Schwanentor", 6.76040, 51.43530, -0.30, 0.4),
    ("gauge-kasslerfeld", "Ruhr, Kaßlerfeld", 6.76061, 51.44427, 0.25, 0.2),
)
# Kept by locks or fed by rain, not by the Rhine: usual level (m), rise in rain (m)
OTHER_WATER = (
    ("gauge-rhein-herne-kanal", "Rhein-Herne-Kanal, Meiderich", 6.77819, 51.45603, 3.60, 0.0),
    ("gauge-emscher", "Kleine Emscher, Emscherbrücke", 6.77527, 51.50836, 1.35, 1.1),
)

# device, name, longitude, latitude, warmer than the countryside by (K), wind against open land (1 = open)
WEATHER = (
    ("weather-kaiserberg", "Wetter Kaiserberg", 6.80358, 51.43318, -0.4, 0.8),
    ("weather-ruhrort", "Wetter Ruhrort", 6.73521, 51.45737, 0.3, 1.1),
    ("weather-walsum", "Wetter Walsum", 6.74290, 51.52718, 0.0, 0.9),
    ("weather-rheinhausen", "Wetter Rheinhausen", 6.71128, 51.40451, 0.2, 0.9),
    ("weather-grossenbaum", "Wetter Großenbaum", 6.77849, 51.36527, -0.2, 0.7),
)

# device, name, longitude, latitude, how much of the traffic, how much of the industry it smells (0 to 1)
AIR = (
    ("air-kardinal-galen", "Luft Kardinal-Galen-Straße", 6.77060, 51.43700, 1.0, 0.2),
    ("air-hauptbahnhof", "Luft Hauptbahnhof", 6.77590, 51.42979, 0.8, 0.2),
    ("air-walsum", "Luft Walsum", 6.74290, 51.52700, 0.3, 0.5),
    ("air-marxloh", "Luft Marxloh", 6.75756, 51.50213, 0.7, 0.8),
    ("air-laar", "Luft Laar", 6.73320, 51.46567, 0.4, 1.0),
    ("air-huettenheim", "Luft Hüttenheim", 6.72922, 51.36830, 0.3, 0.9),
    ("air-buchholz", "Luft Buchholz", 6.77605, 51.38332, 0.3, 0.2),
)

# device, name, longitude, latitude, quiet of the night (dB(A)), rise with the traffic (dB)
NOISE = (
    ("noise-hauptbahnhof", "Lärm Hauptbahnhof", 6.77652, 51.43058, 54.0, 12.0),
    ("noise-marientor", "Lärm Marientor", 6.75776, 51.43118, 50.0, 16.0),
    ("noise-friedrichsplatz", "Lärm Ruhrort, Friedrichsplatz", 6.73473, 51.45583, 46.0, 13.0),
    ("noise-pollmann", "Lärm Marxloh, Pollmann", 6.75756, 51.50213, 50.0, 17.0),
    ("noise-sechs-seen", "Lärm Sechs-Seen-Platte", 6.79934, 51.38583, 36.0, 7.0),
)
