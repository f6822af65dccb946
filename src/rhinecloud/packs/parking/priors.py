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
    (0.0761, 0.0825, 0.0341, 0.0836, 0.0787, 0.0882, 0.0647),
    (0.0772, 0.0825, 0.0346, 0.0841, 0.0638),
    (0.0348, 0.0839),
)
"""Usual size of each column, by level, in shares of all places."""

PRIOR: Final[tuple[tuple[Prior, ...], ...]] = (
    (
        Prior((0.205, 0.035, -0.119, 0.144, 0.147, 0.005, -0.084), -0.0203, 0.0212),
        Prior((0.280, 0.062, -0.137, 0.212, 0.224, 0.017, -0.107), -0.0310, 0.0326),
        Prior((0.328, 0.087, -0.133, 0.246, 0.274, 0.030, -0.115), -0.0399, 0.0422),
        Prior((0.368, 0.112, -0.055, 0.237, 0.311, 0.043, -0.111), -0.0472, 0.0500),
        Prior((0.406, 0.136, -0.039, 0.229, 0.335, 0.059, -0.102), -0.0540, 0.0575),
        Prior((0.434, 0.161, -0.048, 0.224, 0.350, 0.074, -0.092), -0.0601, 0.0641),
        Prior((0.453, 0.184, -0.060, 0.216, 0.364, 0.088, -0.082), -0.0654, 0.0699),
        Prior((0.467, 0.206, -0.021, 0.197, 0.376, 0.102, -0.079), -0.0699, 0.0749),
    ),
    (
        Prior((0.292, 0.037, -0.120, 0.156, -0.094), -0.0206, 0.0215),
        Prior((0.424, 0.075, -0.133, 0.238, -0.128), -0.0318, 0.0335),
        Prior((0.519, 0.115, -0.135, 0.286, -0.144), -0.0413, 0.0438),
        Prior((0.597, 0.156, -0.042, 0.284, -0.146), -0.0494, 0.0525),
        Prior((0.669, 0.199, -0.023, 0.278, -0.132), -0.0566, 0.0605),
        Prior((0.721, 0.242, -0.032, 0.272, -0.123), -0.0633, 0.0677),
        Prior((0.761, 0.283, -0.047, 0.264, -0.113), -0.0689, 0.0741),
        Prior((0.791, 0.323, -0.004, 0.241, -0.106), -0.0737, 0.0796),
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
