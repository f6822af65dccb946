"""Meaning: rules as standing queries, alerts with their evidence, indicators, forecasts.

In: declared rules, indicators and forecasts; what each commit changed. Out: alerts (kept, and told on the backbone),
figures of the city, and entities of both. It must not know HTTP, nor what people do about an alert.
"""

from .checks import check_indicator, check_rule
from .declare import (
    SEVERITIES,
    WHY,
    Acknowledgement,
    Ahead,
    Alert,
    Change,
    Comment,
    Evidence,
    Indicator,
    IndicatorValue,
    News,
    Rule,
    RuleVersion,
    Trial,
    Trouble,
)
from .entities import TYPES
from .forecast import Forecast, Past, Step
from .forecasting import Forecasting, Skill
from .mirror import is_copy
from .room import Insight

__all__ = [
    "SEVERITIES",
    "TYPES",
    "WHY",
    "Acknowledgement",
    "Ahead",
    "Alert",
    "Change",
    "Comment",
    "Evidence",
    "Forecast",
    "Forecasting",
    "Indicator",
    "IndicatorValue",
    "Insight",
    "News",
    "Past",
    "Rule",
    "RuleVersion",
    "Skill",
    "Step",
    "Trial",
    "Trouble",
    "check_indicator",
    "check_rule",
    "is_copy",
]
