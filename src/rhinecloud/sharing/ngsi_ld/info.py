"""Who this context source is.

Source: ETSI GS CIM 009, 5.15.1, 5.2.40, 6.33.
"""

from __future__ import annotations

import time
from uuid import NAMESPACE_URL, uuid5

from rhinecloud.base.clock import iso, now_us
from rhinecloud.sharing.exchange import Answer

from .call import Call

_STARTED_S = time.monotonic()


async def source_identity(call: Call) -> Answer:
    """An alias that identifies this source and tenant, how long it is up, and what time it has.

    Source: ETSI GS CIM 009, 5.15.1, 6.33.3.1.
    """
    alias = f"{call.door.base_url}/{call.tenant}"
    return call.document(
        {
            "id": f"urn:uuid:{uuid5(NAMESPACE_URL, alias)}",
            "type": "ContextSourceIdentity",
            "contextSourceAlias": alias,
            "contextSourceUptime": _duration(round(time.monotonic() - _STARTED_S)),
            "contextSourceTimeAt": iso(now_us() // 1000 * 1000),
        },
        used=False,
    )


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"P{days}DT{hours}H{minutes}M{seconds}S"
