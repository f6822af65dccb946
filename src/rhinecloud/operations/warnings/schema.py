"""The schema of CAP 1.2 as OASIS publishes it, compiled once.

Copyright © OASIS Open 2010. All Rights Reserved. The file is unchanged; OASIS lets it be copied and distributed with
this notice (`xsd/NOTICE.md`).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parent / "xsd" / "CAP-v1.2.xsd"


@lru_cache(maxsize=1)
def compiled() -> Any:
    """An lxml XMLSchema; using it in several threads at once is safe, its error log is the last one's."""
    from lxml import etree

    return etree.XMLSchema(etree.fromstring(FILE.read_bytes()))
