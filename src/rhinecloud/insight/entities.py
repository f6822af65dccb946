"""The entity types that insight itself writes: alerts and indicators, after the Smart Data Models.

Source: smart-data-models/dataModel.Alert (Alert) and dataModel.KeyPerformanceIndicator (KeyPerformanceIndicator).
"""

from __future__ import annotations

from typing import Final

from rhinecloud.base.declare import Attribute, EntityType, Label, text

ALERT: Final = EntityType(
    name="Alert",
    label=Label(de="Meldung", en="Alert"),
    plural=Label(de="Meldungen", en="Alerts"),
    subject="dataModel.Alert",
    icon="triangle-alert",
    source="Smart Data Models, dataModel.Alert/Alert",
    retention_days=730,
    attributes=(
        text("name", "Titel", "Title"),
        Attribute(name="description", label=Label(de="Meldung", en="Message"), kind="language"),
        text("category", "Art", "Category"),
        text("subCategory", "Regel", "Rule"),
        text("severity", "Schwere", "Severity"),
        text("alertState", "Zustand", "State"),
        Attribute(name="dateIssued", label=Label(de="Ausgelöst", en="Issued"), kind="time"),
        Attribute(name="validFrom", label=Label(de="Gilt seit", en="Valid from"), kind="time"),
        Attribute(name="validTo", label=Label(de="Galt bis", en="Valid until"), kind="time"),
        Attribute(name="alertSource", label=Label(de="Worüber", en="About"), kind="relation"),
        Attribute(name="location", label=Label(de="Ort", en="Location"), kind="geo"),
        text("source", "Quelle", "Source"),
    ),
)
KPI: Final = EntityType(
    name="KeyPerformanceIndicator",
    label=Label(de="Kennzahl", en="Indicator"),
    plural=Label(de="Kennzahlen", en="Indicators"),
    subject="dataModel.KeyPerformanceIndicator",
    icon="gauge",
    main="kpiValue",
    source="Smart Data Models, dataModel.KeyPerformanceIndicator/KeyPerformanceIndicator",
    attributes=(
        text("name", "Name", "Name"),
        Attribute(name="kpiValue", label=Label(de="Wert", en="Value"), queryable=True),
        text("area", "Stadtbezirk", "District"),
        text("category", "Art", "Category"),
        text("calculationFormula", "Berechnung", "Calculation"),
        text("calculationMethod", "Verfahren", "Method"),
        text("currentStanding", "Bewertung", "Standing"),
        Attribute(name="businessTarget", label=Label(de="Ziel", en="Target")),
        text("source", "Quelle", "Source"),
    ),
)
TYPES: Final = (ALERT, KPI)
