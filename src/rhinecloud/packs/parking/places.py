"""Where the simulated car parks are: real places in Duisburg, written down by hand, (lon, lat) in WGS 84.

The three at the main station and their sizes are facts (DB BahnPark); the others stand near the stop that they are
called after (VRR stops, CC BY 4.0), and their sizes are made up. How full they are is made up everywhere.
"""

from __future__ import annotations

# device, name, longitude, latitude, places, who parks there
CAR_PARKS = (
    ("parking-hbf-uci", "Parkhaus Hbf / UCI", 6.77836, 51.43043, 398, "station"),
    ("parking-hbf-freiheit", "Parkhaus Hbf / Duisburger Freiheit", 6.77429, 51.42850, 604, "station"),
    ("parking-hbf-wuhanstrasse", "Parkplatz Hbf Wuhanstraße", 6.77407, 51.42785, 15, "station"),
    ("parking-koenig-heinrich-platz", "Tiefgarage König-Heinrich-Platz", 6.76763, 51.43312, 620, "shops"),
    ("parking-steinsche-gasse", "Parkhaus Steinsche Gasse", 6.76001, 51.43202, 310, "shops"),
    ("parking-rathaus", "Tiefgarage Rathaus", 6.76186, 51.43450, 180, "office"),
    ("parking-theater", "Tiefgarage Theater", 6.76956, 51.43461, 390, "evening"),
    ("parking-lehmbruck", "Parkplatz Lehmbruck-Museum", 6.76626, 51.43114, 95, "evening"),
    ("parking-kuhtor", "Parkhaus Kuhtor", 6.76227, 51.43413, 440, "shops"),
    ("parking-schwanentor", "Parkplatz Schwanentor", 6.76038, 51.43510, 120, "office"),
    ("parking-innenhafen", "Parkhaus Innenhafen", 6.76388, 51.44030, 540, "office"),
    ("parking-hansegracht", "Tiefgarage Hansegracht", 6.76802, 51.43994, 210, "evening"),
    ("parking-marientor", "Parkplatz Marientor", 6.75776, 51.43118, 260, "evening"),
    ("parking-stapeltor", "Parkplatz Stapeltor", 6.76790, 51.43761, 85, "office"),
    ("parking-zoo", "Parkplatz Zoo / Uni", 6.80358, 51.43318, 650, "leisure"),
    ("parking-universitaet", "Parkhaus Universität", 6.79819, 51.42828, 720, "office"),
    ("parking-uni-nord", "Parkplatz Uni Nord", 6.80278, 51.43052, 280, "office"),
    ("parking-botanischer-garten", "Parkplatz Botanischer Garten", 6.79616, 51.43566, 70, "leisure"),
    ("parking-arena", "Parkplatz Arena", 6.77485, 51.40866, 2400, "match"),
    ("parking-stadion", "Parkplatz Stadion / Wacholderstraße", 6.77571, 51.40660, 900, "match"),
    ("parking-sportpark", "Parkplatz Sportpark", 6.79272, 51.41464, 500, "leisure"),
    ("parking-regattabahn", "Parkplatz Regattabahn", 6.78573, 51.41273, 350, "leisure"),
    ("parking-ikea", "Parkplatz Einkaufszentrum Beeckerwerth", 6.76549, 51.48437, 1300, "shops"),
    ("parking-landschaftspark", "Parkplatz Landschaftspark Nord", 6.79313, 51.47943, 480, "leisure"),
    ("parking-tiger-turtle", "Parkplatz Tiger & Turtle", 6.73558, 51.37741, 110, "leisure"),
    ("parking-niederrhein-therme", "Parkplatz Niederrhein-Therme", 6.77835, 51.52256, 300, "leisure"),
    ("parking-sechs-seen", "Parkplatz Sechs-Seen-Platte", 6.79934, 51.38583, 420, "leisure"),
    ("parking-ruhrort", "Parkplatz Ruhrort, Friedrichsplatz", 6.73473, 51.45583, 140, "shops"),
    ("parking-hamborn", "Parkplatz Hamborn, Altmarkt", 6.77068, 51.49117, 260, "shops"),
    ("parking-pollmann", "Parkplatz Marxloh, Pollmann", 6.75756, 51.50213, 190, "shops"),
    ("parking-walsum", "Parkplatz Walsum, Rathaus", 6.74290, 51.52718, 160, "office"),
    ("parking-rheinhausen-markt", "Parkplatz Rheinhausen, Markt", 6.72009, 51.41033, 230, "shops"),
    ("parking-homberg", "Parkplatz Homberg, Bismarckplatz", 6.70659, 51.44977, 120, "shops"),
    ("parking-klinikum", "Parkhaus Klinikum Duisburg", 6.78454, 51.39830, 560, "patients"),
    ("parking-bethesda", "Parkplatz Bethesda", 6.76015, 51.41655, 150, "patients"),
    ("parking-st-anna", "Parkplatz St. Anna", 6.75233, 51.36445, 210, "patients"),
    ("parking-pr-rheinhausen", "P+R Rheinhausen", 6.70648, 51.39351, 140, "commuters"),
    ("parking-pr-meiderich-sued", "P+R Meiderich Süd", 6.78019, 51.46883, 75, "commuters"),
    ("parking-pr-grossenbaum", "P+R Großenbaum", 6.77747, 51.36477, 190, "commuters"),
    ("parking-pr-buchholz", "P+R Buchholz", 6.77541, 51.38292, 60, "commuters"),
    ("parking-pr-rahm", "P+R Rahm", 6.77992, 51.34684, 110, "commuters"),
    ("parking-pr-trompet", "P+R Trompet", 6.66911, 51.41349, 45, "commuters"),
    ("parking-logport", "Parkplatz Logport", 6.72720, 51.39175, 380, "shifts"),
)
