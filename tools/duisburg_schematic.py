"""What no open file at hand draws of Duisburg, drawn by hand from general knowledge of the city: an honest schematic.

Lines and outlines are some 50 to 150 m true: right enough to find one's way, never to measure. The map names
them as a schematic. Coordinates are (lon, lat), WGS 84. Points in quotes are stops or stations of the real files, so
that lines run through where the city has them.
"""

# ruff: noqa: E501 (a table: a line is a line of the map)
# fmt: off

from __future__ import annotations

Place = tuple[float, float] | str
Line = tuple[str, tuple[Place, ...]]

MOTORWAYS: tuple[Line, ...] = (
    ("A 3", ((6.8570, 51.3000), (6.8560, 51.3330), (6.8590, 51.3640), (6.8480, 51.3800), (6.8385, 51.3960), (6.8330, 51.4100), (6.8220, 51.4290),
             (6.8120, 51.4408), (6.8165, 51.4520), (6.8235, 51.4650), (6.8245, 51.4800), (6.8165, 51.4935), (6.8130, 51.5080), (6.8165, 51.5230),
             (6.8240, 51.5340), (6.8150, 51.5520), (6.7890, 51.5810), (6.7720, 51.6200))),
    ("A 40", ((6.5000, 51.4370), (6.5560, 51.4410), (6.6025, 51.4417), (6.6270, 51.4368), (6.6600, 51.4330), (6.6850, 51.4345), (6.7050, 51.4395),
              (6.7190, 51.4412), (6.7340, 51.4421), (6.7480, 51.4437), (6.7620, 51.4448), (6.7758, 51.4458), (6.7900, 51.4442), (6.8120, 51.4408),
              (6.8330, 51.4412), (6.8620, 51.4440), (6.8860, 51.4445), (6.9500, 51.4500))),
    ("A 42", ((6.5663, 51.4995), (6.6000, 51.4935), (6.6330, 51.4825), (6.6560, 51.4815), (6.6800, 51.4855), (6.7040, 51.4886), (6.7190, 51.4880),
              (6.7350, 51.4875), (6.7530, 51.4876), (6.7640, 51.4872), (6.7733, 51.4867), (6.7900, 51.4880), (6.8165, 51.4935), (6.8420, 51.4955),
              (6.8680, 51.5020), (6.9000, 51.5090), (6.9500, 51.5150))),
    ("A 57", ((6.6370, 51.2500), (6.6300, 51.2900), (6.6165, 51.3250), (6.6095, 51.3600), (6.6030, 51.3850), (6.5985, 51.4140), (6.6025, 51.4417),
              (6.5900, 51.4680), (6.5663, 51.4995), (6.5380, 51.5300), (6.5000, 51.5620))),
    ("A 59", ((6.7570, 51.3480), (6.7610, 51.3600), (6.7650, 51.3760), (6.7690, 51.3900), (6.7710, 51.4040), (6.7705, 51.4170), (6.7715, 51.4300),
              (6.7735, 51.4380), (6.7758, 51.4458), (6.7700, 51.4560), (6.7720, 51.4640), (6.7765, 51.4720), (6.7745, 51.4800), (6.7733, 51.4867),
              (6.7650, 51.4960), (6.7590, 51.5080), (6.7590, 51.5210), (6.7570, 51.5350), (6.7430, 51.5560), (6.7260, 51.5780), (6.7050, 51.6000))),
    ("A 524", ((6.7570, 51.3480), (6.7850, 51.3440), (6.8180, 51.3390), (6.8590, 51.3640))),
)

MAIN_ROADS: tuple[Line, ...] = (
    ("B 8", ((6.7600, 51.2900), (6.7635, 51.3200), (6.7590, 51.3480), "Duisburg Kesselsberg", "Duisburg Sittardsberg", "Duisburg Münchener Straße",
             "Duisburg Im Schlenk", "Duisburg Kulturstraße", "Duisburg Karl-Jarres-Str.", "Duisburg Kremerstr.", "Duisburg Kuhtor", "Duisburg Schwanentor",
             "Duisburg Am Unkelstein", (6.7680, 51.4500), "Duisburg Berlinerbrücke", "Duisburg Unter den Ulmen", "Duisburg Nombericher Platz",
             "Duisburg Emstermannshof", "DU-St. Johannes Klinik", "Duisburg Rhein-Ruhr-Halle", "Duisburg Wolfstraße", "Duisburg Warbruckstr.", "Duisburg Schwan",
             "Duisburg Sonnenstraße", "Duisburg Walsum Rathaus", "Duisburg Vierlinden", "Dinslaken Duisburger Straße", (6.7345, 51.5650), (6.7050, 51.5850), (6.6700, 51.6100))),
    ("B 288", ((6.6095, 51.3560), (6.6480, 51.3480), (6.6625, 51.3520), "Duisburg Krefelder Str.", "Duisburg Am Klapptor", "Duisburg Lauterberger Straße", (6.7570, 51.3480))),
    ("Brücke der Solidarität", ("Duisburg Rheinhausen Rathaus", "Duisburg Schwarzenberger Str.", "Duisburg Werthauser Str.", (6.7350, 51.4120),
                                "Duisburg Hochfeld Brückenkopf", "Duisburg Heerstr.", "Duisburg Karl-Jarres-Str.", "Duisburg Koloniestr.", "Duisburg Kammerstraße")),
    ("Friedrich-Ebert-Brücke", ("Duisburg Hochheide Markt", "Duisburg Bismarckplatz", "Duisburg Paßstr.", "Duisburg Moltkeplatz", (6.7200, 51.4545),
                                "Duisburg Friedrichsplatz", "Duisburg Ruhrort Verteilerkr.", (6.7400, 51.4510), "Duisburg Vinckeweg", "Duisburg Landesarchiv NRW", "Duisburg Schwanentor")),
    ("Mülheimer Straße", ("DU-Hbf Osteingang", "Duisburg Lutherplatz", "Duisburg Schweizer Str.", "Duisburg Zoo/Uni", (6.8200, 51.4345), (6.8520, 51.4320), (6.8780, 51.4290))),
    ("Königstraße", ("Duisburg Rathaus", "Duisburg Kuhtor", "Duisburg König-Heinrich-Platz", "DU- Hbf Westeingang")),
    ("Wanheimer Straße", ("Duisburg Marientor", "Duisburg Brückenplatz", "Duisburg Pauluskirche", "Duisburg Marienhospital", "Duisburg Fischerstraße",
                          "Duisburg Neuenhofstraße", "Duisburg Ehinger Straße", "Duisburg Heiligenbaumstraße", "Duisburg Steinernes Kreuz", "Duisburg Huckinger Markt",
                          "Duisburg Huckingen Angerbogen", (6.7570, 51.3480))),
    ("Kaiser-Wilhelm-Straße", ("Duisburg Friedrichsplatz", "Duisburg Laar Kirche", "Duisburg Neanderstr.", "Duisburg Stockumer Str.", "Duisburg Beeck Denkmal",
                               "Duisburg Reinerstr.", "Duisburg Thyssen Verwaltung", "Duisburg Heckmann", "Duisburg Schwan")),
    ("Moerser Straße", ("Duisburg Asberger Str.", "Duisburg Am Dreieck", "Duisburg Bergheimer Str.", "Duisburg Rheinhausen Rathaus")),
    ("Düsseldorfer Landstraße", ("Duisburg Sittardsberg", "Duisburg Buchholz Bf", "Duisburg Großenbaum S", "Duisburg Rahm BF", (6.7800, 51.3300))),
    ("Bürgermeister-Pütz-Straße", ("Duisburg Nombericher Platz", "Duisburg Meiderich Bf", "Duisburg Centrum Westende", "Duisburg Meiderich Ost Bf", "Duisburg Obermeiderich Schule", (6.8320, 51.4740), (6.8510, 51.4740))),
    ("Duisburger Straße", ("Duisburg Wolfstraße", "Duisburg Hamborn Rathaus", "Duisburg Hamborn Feuerwache", "Duisburg Boschstr.", (6.8165, 51.4870))),
    ("Krefelder Straße", ("Duisburg Schwarzenberger Str.", "Duisburg Kruppstraße", "Duisburg Rheinhausen Bf", "Duisburg Lindenstr.", (6.6300, 51.3800), (6.6095, 51.3700))),
)

RAILWAYS: tuple[Line, ...] = (
    ("Köln–Duisburg", ("Düsseldorf Flughafen", "Angermund", "Duisburg-Rahm", "Duisburg-Großenbaum", "Duisburg-Buchholz", "Duisburg Schlenk", "Duisburg Hbf")),
    ("Duisburg–Oberhausen", ("Duisburg Hbf", (6.7790, 51.4400), (6.7880, 51.4500), (6.8120, 51.4590), (6.8340, 51.4670), "Oberhausen Hbf", "Oberhausen-Sterkrade", "Oberhausen-Holten", "Dinslaken", "Voerde (Niederrhein)")),
    ("Duisburg–Essen", ("Duisburg Hbf", (6.7830, 51.4390), (6.8080, 51.4440), (6.8300, 51.4490), "Mülheim (Ruhr)-Styrum", "Mülheim (Ruhr) West", "Mülheim (Ruhr) Hbf")),
    ("Duisburg–Krefeld", ("Duisburg Hbf", (6.7700, 51.4180), "Duisburg-Hochfeld Süd", (6.7390, 51.4050), "Rheinhausen Ost", "Rheinhausen", (6.6850, 51.3850), "Krefeld-Hohenbudberg Chempark", "Krefeld-Uerdingen", "Krefeld-Linn", "Krefeld-Oppum", "Krefeld Hbf")),
    ("Rheinhausen–Moers", ("Rheinhausen", "Rumeln", "Trompet", "Moers", "Rheinberg (Rheinl)", "Millingen", "Alpen")),
    ("Oberhausen–Ruhrort", ("Oberhausen Hbf", "Duisburg-Obermeiderich", "Duisburg-Meiderich Ost", "Duisburg-Meiderich Süd", (6.7600, 51.4640), "Duisburg-Ruhrort")),
    ("Wedau–Entenfang", ("Duisburg Hbf", (6.7790, 51.4150), (6.7900, 51.4070), "Duisburg-Wedau", "Duisburg-Entenfang", (6.8400, 51.3500), "Ratingen Ost")),
    ("Walsumbahn", ("Oberhausen Hbf", (6.8200, 51.4850), (6.7950, 51.4930), (6.7680, 51.5010), (6.7480, 51.5140), (6.7360, 51.5300), (6.7300, 51.5470), (6.7130, 51.5620), (6.6890, 51.5850))),
)

RUHR_WEST: tuple[Place, ...] = (
    (6.7205, 51.4500), (6.7262, 51.4491), (6.7330, 51.4473), (6.7400, 51.4464), (6.7475, 51.4474), (6.7550, 51.4493), (6.7620, 51.4502), (6.7700, 51.4497),
)
"""From the mouth at the Rheinorange up to where the district border takes the river over."""

RUHR_EAST: tuple[Place, ...] = (
    (6.8150, 51.4480), (6.8240, 51.4462), (6.8330, 51.4420), (6.8420, 51.4405), (6.8520, 51.4425), (6.8610, 51.4390), (6.8690, 51.4330), (6.8760, 51.4285), (6.8800, 51.4200),
    (6.8850, 51.4080), (6.8930, 51.3960), (6.9070, 51.3870), (6.9300, 51.3800), (6.9500, 51.3790),
)

CANALS: tuple[tuple[str, float, tuple[Place, ...]], ...] = (
    ("Rhein-Herne-Kanal", 50, ((6.7660, 51.4563), (6.7760, 51.4583), (6.7860, 51.4578), (6.7960, 51.4588), (6.8060, 51.4580), (6.8170, 51.4605), (6.8280, 51.4680), (6.8400, 51.4790),
                               (6.8520, 51.4870), (6.8700, 51.4950), (6.8900, 51.4985), (6.9200, 51.5060), (6.9500, 51.5120))),
    ("Emscher", 14, ((6.6830, 51.5700), (6.7020, 51.5640), (6.7200, 51.5560), (6.7480, 51.5450), (6.7780, 51.5340), (6.8020, 51.5250), (6.8250, 51.5120), (6.8480, 51.5000), (6.8800, 51.5030), (6.9200, 51.5130), (6.9500, 51.5180))),
    ("Anger", 10, ((6.7250, 51.3720), (6.7380, 51.3620), (6.7560, 51.3560), (6.7800, 51.3420), (6.8050, 51.3260), (6.8300, 51.3180))),
)

BASINS: tuple[tuple[str, float, tuple[Place, ...]], ...] = (
    ("Hafenmund", 110, ((6.7222, 51.4528), (6.7300, 51.4530), (6.7385, 51.4520))),
    ("Vinckekanal", 75, ((6.7340, 51.4530), (6.7400, 51.4546), (6.7480, 51.4580))),
    ("Nordhafen", 90, ((6.7440, 51.4572), (6.7520, 51.4590), (6.7600, 51.4594))),
    ("Südhafen", 80, ((6.7440, 51.4568), (6.7530, 51.4572), (6.7610, 51.4577))),
    ("Hafenkanal", 70, ((6.7385, 51.4520), (6.7470, 51.4512), (6.7570, 51.4526), (6.7660, 51.4563))),
    ("Becken A", 75, ((6.7400, 51.4530), (6.7470, 51.4548), (6.7560, 51.4562))),
    ("Becken B", 75, ((6.7450, 51.4522), (6.7520, 51.4539), (6.7600, 51.4553))),
    ("Becken C", 75, ((6.7510, 51.4517), (6.7580, 51.4531), (6.7650, 51.4543))),
    ("Außenhafen", 100, ((6.7310, 51.4262), (6.7380, 51.4290), (6.7460, 51.4318), (6.7540, 51.4340), (6.7598, 51.4352))),
    ("Parallelhafen", 85, ((6.7380, 51.4290), (6.7345, 51.4330), (6.7330, 51.4375))),
    ("Innenhafen", 60, ((6.7598, 51.4352), (6.7632, 51.4380), (6.7680, 51.4398), (6.7735, 51.4404))),
    ("Logport-Hafen Rheinhausen", 80, ((6.7375, 51.3985), (6.7325, 51.3990), (6.7270, 51.3975))),
    ("Hafen Schwelgern", 90, ((6.7268, 51.5035), (6.7315, 51.5015), (6.7350, 51.5035))),
    ("Südhafen Walsum", 80, ((6.7080, 51.5240), (6.7135, 51.5255), (6.7175, 51.5235))),
    ("Nordhafen Walsum", 80, ((6.7010, 51.5320), (6.7060, 51.5345))),
    ("Hafen Homberg", 60, ((6.7130, 51.4480), (6.7115, 51.4460))),
)

LAKES: tuple[tuple[str, float, tuple[Place, ...]], ...] = (
    ("Masurensee", 240, ((6.7925, 51.3928), (6.7955, 51.3940))),
    ("Wambachsee", 260, ((6.7930, 51.3850), (6.7970, 51.3858))),
    ("Wolfssee", 280, ((6.7960, 51.3800), (6.8005, 51.3820))),
    ("Wildförstersee", 220, ((6.8040, 51.3855), (6.8075, 51.3862))),
    ("Böllertsee", 200, ((6.8065, 51.3915), (6.8095, 51.3925))),
    ("Haubachsee", 150, ((6.8075, 51.3805), (6.8085, 51.3815))),
    ("Regattabahn", 130, ((6.7830, 51.4135), (6.7935, 51.3985))),
    ("Barbarasee", 160, ((6.7920, 51.4090), (6.7935, 51.4075))),
    ("Bertasee", 200, ((6.7795, 51.4150), (6.7810, 51.4160))),
    ("Toeppersee", 240, ((6.6640, 51.4000), (6.6675, 51.4020))),
    ("Kruppsee", 170, ((6.6880, 51.4130), (6.6885, 51.4138))),
    ("Lohheider See", 330, ((6.6790, 51.5035), (6.6850, 51.5000))),
    ("Uettelsheimer See", 260, ((6.6850, 51.4690), (6.6830, 51.4700))),
    ("Entenfangsee", 130, ((6.8155, 51.3755), (6.8165, 51.3748))),
)

GREENS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("Duisburger Stadtwald", ((6.8060, 51.4310), (6.8180, 51.4345), (6.8300, 51.4300), (6.8340, 51.4150), (6.8400, 51.4000), (6.8420, 51.3860), (6.8300, 51.3800),
                              (6.8200, 51.3860), (6.8180, 51.3990), (6.8080, 51.4020), (6.8040, 51.4100), (6.8010, 51.4190))),
    ("Sechs-Seen-Platte", ((6.7900, 51.3960), (6.8000, 51.3960), (6.8130, 51.3940), (6.8140, 51.3820), (6.8040, 51.3760), (6.7930, 51.3770), (6.7890, 51.3860))),
    ("Kaiserberg und Zoo", ((6.7985, 51.4370), (6.8060, 51.4410), (6.8110, 51.4385), (6.8080, 51.4340), (6.8000, 51.4335))),
    ("Landschaftspark Nord", ((6.7740, 51.4845), (6.7900, 51.4860), (6.7960, 51.4820), (6.7900, 51.4780), (6.7780, 51.4780))),
    ("Baerler Busch", ((6.6330, 51.5000), (6.6500, 51.5120), (6.6640, 51.5080), (6.6640, 51.4930), (6.6500, 51.4860), (6.6380, 51.4900))),
    ("Rheinaue Walsum", ((6.6930, 51.5560), (6.7060, 51.5590), (6.7140, 51.5510), (6.7070, 51.5410), (6.7010, 51.5360), (6.6960, 51.5450))),
    ("Sportpark Wedau", ((6.7740, 51.4150), (6.7830, 51.4160), (6.7930, 51.4110), (6.7980, 51.4010), (6.7900, 51.3970), (6.7790, 51.4040))),
    ("Rheinpark", ((6.7395, 51.4150), (6.7440, 51.4150), (6.7490, 51.4070), (6.7460, 51.4050), (6.7410, 51.4090))),
    ("Volkspark Rheinhausen", ((6.6950, 51.4055), (6.7000, 51.4065), (6.7010, 51.4030), (6.6960, 51.4025))),
    ("Jubiläumshain", ((6.7700, 51.5110), (6.7780, 51.5130), (6.7800, 51.5090), (6.7720, 51.5070))),
    ("Stadtpark Meiderich", ((6.7630, 51.4625), (6.7670, 51.4630), (6.7680, 51.4600), (6.7640, 51.4595))),
    ("Revierpark Mattlerbusch", ((6.7720, 51.5250), (6.7830, 51.5260), (6.7850, 51.5210), (6.7760, 51.5190))),
    ("Böninger Park", ((6.7600, 51.4200), (6.7640, 51.4205), (6.7640, 51.4175), (6.7605, 51.4170))),
    ("Rheinaue Friemersheim", ((6.7030, 51.3790), (6.7110, 51.3810), (6.7230, 51.3830), (6.7240, 51.3790), (6.7080, 51.3730), (6.6960, 51.3720))),
    ("Rheinaue Ehingen", ((6.6780, 51.3640), (6.6960, 51.3690), (6.7010, 51.3660), (6.6880, 51.3590), (6.6780, 51.3570))),
    ("Huckinger Mark", ((6.7860, 51.3620), (6.8080, 51.3700), (6.8250, 51.3680), (6.8200, 51.3520), (6.7990, 51.3500))),
)

INDUSTRY: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("Hüttenwerke Bruckhausen und Beeckerwerth", ((6.7180, 51.4900), (6.7420, 51.4905), (6.7440, 51.5010), (6.7380, 51.5120), (6.7250, 51.5160), (6.7160, 51.5080), (6.7150, 51.4970))),
    ("Hafen Ruhrort", ((6.7380, 51.4500), (6.7680, 51.4505), (6.7690, 51.4600), (6.7560, 51.4615), (6.7400, 51.4565))),
    ("logport I Rheinhausen", ((6.7090, 51.3920), (6.7200, 51.3960), (6.7320, 51.4050), (6.7400, 51.4010), (6.7340, 51.3900), (6.7180, 51.3860))),
    ("Hüttenwerke Krupp Mannesmann", ((6.7100, 51.3640), (6.7290, 51.3720), (6.7350, 51.3690), (6.7300, 51.3620), (6.7140, 51.3590))),
    ("Kaßlerfeld", ((6.7360, 51.4400), (6.7500, 51.4430), (6.7580, 51.4400), (6.7530, 51.4355), (6.7400, 51.4315))),
)

DISTRICT_LABELS: dict[str, Place] = {
    "Walsum": (6.7300, 51.5330), "Hamborn": (6.7760, 51.4980), "Meiderich/Beeck": (6.7720, 51.4745), "Homberg/Ruhrort/Baerl": (6.6890, 51.4790),
    "Mitte": (6.7690, 51.4240), "Rheinhausen": (6.6960, 51.3990), "Süd": (6.7560, 51.3680),
}
