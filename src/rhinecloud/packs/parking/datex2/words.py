"""DATEX II's words, of all its versions, in the words of our entity types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CLOSED: Final[Mapping[str, str]] = {
    "closed": "closed",
    "closedAbnormal": "closedAbnormal",
    "closedOnHoliday": "closed",
    "closedOnMaintenance": "closedAbnormal",
    "temporarilyClosed": "closedAbnormal",
}
"""OpeningStatusEnum (v2, v3.0, v3.3): what means that nobody can drive in."""

STATES: Final[Mapping[str, str]] = {
    **CLOSED,
    "spacesAvailable": "spacesAvailable",
    "almostFull": "almostFull",
    "full": "full",
    "fullAtEntrance": "fullAtEntrance",
    "open": "open",
    "openWithServiceLimitation": "open",
    "openingTimesInForce": "openingTimesInForce",
    "parkingSpacesAvailable": "spacesAvailable",
    # ParkingFacilityStatusEnum of the German profile
    "carParkFull": "full",
    "carParkClosed": "closed",
    "carParkStatusUnknown": "unknown",
}
"""ParkingSiteStatusEnum, ParkingPlaceStatusEnum, ParkingFacilityStatusEnum, OpeningStatusEnum → status."""

TREND: Final[Mapping[str, str]] = {
    "decreasing": "decreasing",
    "decreasingQuickly": "decreasing",
    "decreasingSlowly": "decreasing",
    "increasing": "increasing",
    "increasingQuickly": "increasing",
    "increasingSlowly": "increasing",
    "stable": "stable",
}

LAYOUT: Final[Mapping[str, str]] = {
    "multiStorey": "multiStorey",
    "multilevel": "multiLevel",
    "singleLevel": "singleLevel",
    "underground": "underground",
    "undergroundAndMultistorey": "multiLevel",
    "automatedParkingGarage": "automatedParkingGarage",
    "openSpace": "openSpace",
    "covered": "covered",
    "nested": "nested",
    "field": "field",
}
"""ParkingLayoutEnum, LayoutEnum → layout, as OffStreetParking has it."""

FOR_WHOM: Final[Mapping[str, str]] = {
    "disabled": "disabled",
    "handicapped": "disabled",
    "registeredDisabledUsers": "disabled",
    "personsWithDisabilities": "disabled",
    "wheelchairUsers": "disabled",
    "visuallyImpaired": "disabled",
    "women": "women",
    "pregnantWomen": "women",
    "families": "family",
    "battery": "charging",
    "electric": "charging",
    "lorry": "truck",
    "heavyGoodsVehicle": "truck",
    "heavyVehicle": "truck",
    "articulatedVehicle": "truck",
    "largeGoodsVehicle": "truck",
    "bus": "bus",
}
"""UserTypeEnum, FuelTypeEnum, VehicleTypeEnum → whose places these are (`<whose>SpotNumber`)."""

SPOKEN: Final[tuple[tuple[str, str], ...]] = (
    ("behindert", "disabled"),
    ("disabled", "disabled"),
    ("barrierefrei", "disabled"),
    ("frau", "women"),
    ("women", "women"),
    ("famili", "family"),
    ("eltern", "family"),
    ("lade", "charging"),
    ("elektr", "charging"),
    ("e-auto", "charging"),
    ("carsharing", "carSharing"),
    ("bus", "bus"),
    ("lkw", "truck"),
)
"""What German suppliers write in words, in their own extensions."""

DAYS: Final[Mapping[str, str]] = {
    "monday": "Mo",
    "tuesday": "Tu",
    "wednesday": "We",
    "thursday": "Th",
    "friday": "Fr",
    "saturday": "Sa",
    "sunday": "Su",
}

PAYMENT: Final[Mapping[str, str]] = {
    "cash": "Cash",
    "cashCoinsOnly": "Cash",
    "cashBillsOnly": "Cash",
    "paymentCreditCard": "CreditCard",
    "paymentDebitCard": "DirectDebit",
    "electronicSettlement": "ElectronicSettlement",
    "electronicPurse": "ElectronicPurse",
    "mobileAccount": "MobilePayment",
    "tollTag": "TollTag",
}
