"""What the tests of warnings share: a desk for whom one likes, and a draft that lacks nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.access import Principal
from rhinecloud.base.clock import SECOND
from rhinecloud.operations import Seat
from rhinecloud.operations.tables import Shelf
from rhinecloud.operations.warnings import Chain, Draft, Profile, WarningDesk, Words
from rhinecloud.operations.warnings.building import Setting
from tests.conftest import HeldClock
from tests.operations.centre import Rights, person, shelf

BOX = (6.61, 51.325, 6.84, 51.565)
AREA = {
    "type": "Polygon",
    "coordinates": [[[6.70, 51.44], [6.76, 51.44], [6.76, 51.47], [6.70, 51.47], [6.70, 51.44]]],
}
ROOT = "https://city.example"


class Office:
    """The command centre's file of one tenant, with desks at it."""

    def __init__(self, folder: Path, clock: HeldClock) -> None:
        self.clock = clock
        self.shelf: Shelf = shelf(folder, clock)
        self.audited: list[tuple[str, str, dict[str, Any]]] = []
        self.changes = 0
        self.drill = False

    def seat(self, who: Principal) -> Seat:
        return Seat(self.shelf, "city", who, Rights())

    def desk(self, who: Principal | str) -> WarningDesk:
        def changed() -> None:
            self.changes += 1

        return WarningDesk(
            self.seat(person(who) if isinstance(who, str) else who),
            setting=self.setting,
            audit=lambda action, subject, **detail: self.audited.append((action, subject, detail)),
            changed=changed,
            clock=self.clock,
        )

    def setting(self, profile: Profile) -> Setting:
        return Setting(profile=profile, zone=ZoneInfo("Europe/Berlin"), root=ROOT, box=BOX, drill=self.drill)

    def draft(self, **more: Any) -> Draft:
        texts = (
            Words(
                language="de",
                event="Brandrauch",
                headline="Brandrauch in Ruhrort",
                description="Es brennt an der Dammstraße. Rauch zieht nach Osten.",
                instruction="Schließen Sie Fenster und Türen.",
                area="Duisburg-Ruhrort",
            ),
            Words(
                language="en",
                event="Smoke",
                headline="Smoke in Ruhrort",
                description="A fire burns at Dammstraße. Smoke drifts east.",
                instruction="Close windows and doors.",
                area="Duisburg-Ruhrort",
            ),
        )
        given: dict[str, Any] = {"area": AREA, "texts": texts, "expires_us": self.clock() + 7200 * SECOND}
        return Draft(**(given | more))

    def submitted(self, who: str = "anna", **more: Any) -> Chain:
        desk = self.desk(who)
        status = more.pop("status", "Actual")
        chain = desk.begin(status=status, incident=more.pop("incident", ""))
        chain = desk.save(chain.id, 1, self.draft(**more))
        return desk.submit(chain.id, 2)

    def published(self, **more: Any) -> Chain:
        """Written by Anna, approved and published by Ben."""
        chain = self.submitted(**more)
        return self.release(chain)

    def release(self, chain: Chain) -> Chain:
        ben = self.desk("ben")
        ben.approve(chain.id, digest(chain))
        return ben.publish(chain.id)


def digest(chain: Chain) -> str:
    assert chain.open is not None
    assert chain.open.digest is not None
    return chain.open.digest


def changed(draft: Draft, **more: Any) -> Draft:
    return msgspec.structs.replace(draft, **more)
