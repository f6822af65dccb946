"""What holds for car parks in general: where the forecast of each begins, and to which it is held.

Fitted by least squares to 210 German car parks together, with what they counted in May, June and July 2026; none of
those on which the forecast is measured is among them (`bench/parking_forecast.py --fit`). A row a step of a quarter of
an hour; weights in the order of the columns of `forecast.LEVELS`, bands in shares of all places.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Prior(NamedTuple):
    """Weights of a step ahead, and between which four of five misses lie."""

    weights: tuple[float, ...]
    low: float
    high: float


SPREAD: Final[tuple[tuple[float, ...], ...]] = (
    (0.0761, 0.1230, 0.0341, 0.0836, 0.0787, 0.1352, 0.0647),
    (0.0772, 0.1231, 0.0346, 0.0841, 0.0638),
    (0.0348, 0.0839),
)
"""Usual size of each column, by level, in shares of all places."""

PRIOR: Final[tuple[tuple[Prior, ...], ...]] = (
    (
        Prior((0.207, 0.027, -0.118, 0.144, 0.147, 0.004, -0.082), -0.0204, 0.0213),
        Prior((0.283, 0.046, -0.135, 0.211, 0.223, 0.011, -0.103), -0.0312, 0.0327),
        Prior((0.331, 0.066, -0.130, 0.244, 0.274, 0.020, -0.110), -0.0402, 0.0423),
        Prior((0.372, 0.084, -0.051, 0.234, 0.310, 0.028, -0.104), -0.0478, 0.0502),
        Prior((0.410, 0.103, -0.035, 0.227, 0.333, 0.039, -0.093), -0.0546, 0.0577),
        Prior((0.438, 0.122, -0.044, 0.222, 0.348, 0.049, -0.081), -0.0608, 0.0644),
        Prior((0.458, 0.140, -0.056, 0.214, 0.362, 0.058, -0.069), -0.0660, 0.0702),
        Prior((0.472, 0.157, -0.016, 0.194, 0.373, 0.067, -0.065), -0.0707, 0.0751),
    ),
    (
        Prior((0.294, 0.028, -0.119, 0.155, -0.090), -0.0207, 0.0215),
        Prior((0.427, 0.056, -0.131, 0.236, -0.121), -0.0320, 0.0335),
        Prior((0.522, 0.085, -0.132, 0.283, -0.135), -0.0417, 0.0439),
        Prior((0.602, 0.115, -0.039, 0.280, -0.135), -0.0499, 0.0527),
        Prior((0.674, 0.147, -0.020, 0.272, -0.117), -0.0573, 0.0607),
        Prior((0.725, 0.180, -0.030, 0.266, -0.104), -0.0640, 0.0680),
        Prior((0.765, 0.210, -0.044, 0.257, -0.090), -0.0697, 0.0744),
        Prior((0.795, 0.240, 0.001, 0.233, -0.080), -0.0747, 0.0797),
    ),
    (
        Prior((-0.126, 0.154), -0.0209, 0.0218),
        Prior((-0.143, 0.291), -0.0352, 0.0367),
        Prior((-0.145, 0.412), -0.0492, 0.0518),
        Prior((0.027, 0.472), -0.0628, 0.0668),
        Prior((0.081, 0.547), -0.0768, 0.0827),
        Prior((0.088, 0.614), -0.0910, 0.0991),
        Prior((0.083, 0.670), -0.1047, 0.1157),
        Prior((0.207, 0.680), -0.1178, 0.1318),
    ),
)
"""By level, by step."""
