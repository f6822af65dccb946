"""LoRaWAN uplinks → Updates: finds the device behind the network server, its codec, and what the decoded values are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec import structs

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import Unreadable
from rhinecloud.base.model import Op, Update

from .codec_host import Answer, Call, CodecHost
from .codecs import CODECS, Codec, recognise
from .devices import Device, entity_of
from .lorawan import Uplink
from .mapping import Documents
from .plain import Plain
from .registry import Registry
from .runs import Origin, Outcome, Run, expand_name

FindRun = Callable[[str, str, str], Run]
BATTERIES: Final = ("battery", "battery_level", "batteryLevel", "battery_pct", "Battery")
"""Names of the charge in percent, where a codec does not say its own."""


class Waiting(NamedTuple):
    """An uplink whose payload waits for its codec."""

    call: Call
    codec: Codec
    uplink: Uplink
    document: dict[str, Any]
    device: Device | None
    origin: Origin

    @property
    def device_id(self) -> str:
        return self.device.id if self.device else self.uplink.eui


class Uplinks:
    """Reads what LoRaWAN devices send through a network server."""

    def __init__(self, registry: Registry, documents: Documents, codecs: CodecHost, plain: Plain) -> None:
        self._registry, self._documents, self._codecs, self._plain = registry, documents, codecs, plain
        documents.bring("codec", CODECS)

    def start(self, uplink: Uplink, document: dict[str, Any], via: Origin, find_run: FindRun) -> Outcome | Waiting:
        """
        Args:
            via: the network server's message.
        Raises:
            Unreadable: the payload cannot be read; "no codec" where none is known for the device.
        """
        device = self._registry.find_eui(via.tenant, uplink.eui) or self._registry.find(via.tenant, uplink.eui)
        if device is not None and device.revoked_us:
            raise Unreadable(f"Device {device.id} is revoked; restore it, then replay this", reason="revoked device")
        self._vital(uplink, device, via)
        origin = self._origin(uplink, device, via)
        if uplink.event != "up":
            return Outcome(self._event(uplink, origin), None)
        codec = self._codec(uplink, device, via.tenant)
        if codec is not None and uplink.data is not None:
            return Waiting(self._call(uplink, codec, origin), codec, uplink, document, device, origin)
        if uplink.decoded is not None:
            return self._values(uplink.decoded, None, document, device, origin, find_run)
        if uplink.data is None or not uplink.data:
            return Outcome([], None)  # an uplink without payload: a sign of life
        raise Unreadable(self._no_codec(uplink, device), reason="no codec")

    def finish(self, waiting: Waiting, answer: Answer, find_run: FindRun) -> Outcome:
        """What the codec's answer gives; its error goes along."""
        if answer.error is not None and not answer.data:
            if waiting.uplink.decoded:
                # The network server's own codec could read it.
                return self._values(
                    waiting.uplink.decoded, None, waiting.document, waiting.device, waiting.origin, find_run
                )
            raise answer.error
        outcome = self._values(answer.data, waiting.codec, waiting.document, waiting.device, waiting.origin, find_run)
        return Outcome(outcome.updates, outcome.error or answer.error)

    def _codec(self, uplink: Uplink, device: Device | None, tenant: str) -> Codec | None:
        name = device.codec if device else ""
        if not name and uplink.decoded is None:
            name = recognise(uplink.brand, uplink.model, uplink.hints)
        if not name:
            return None
        codec = self._documents.find(tenant, "codec", name, Codec)
        if codec is None:
            raise Unreadable(
                f"Codec {name[:100]} does not exist in tenant {tenant}; choose another for the device",
                reason="no codec",
            )
        return codec

    @staticmethod
    def _call(uplink: Uplink, codec: Codec, origin: Origin) -> Call:
        radio = {
            "counter": uplink.counter, "frequency": uplink.frequency_hz, "spreadingFactor": uplink.spreading_factor,
            "rssi": uplink.rssi_dbm, "snr": uplink.snr_db,
        }  # fmt: skip
        observed_ms = parse_us(origin.moment()) // 1000
        return Call(
            codec.id,
            codec.code(),
            f"{origin.tenant}/{uplink.eui}",
            uplink.port,
            uplink.data or b"",
            observed_ms,
            radio,
            {},
        )

    def _values(
        self,
        data: dict[str, Any],
        codec: Codec | None,
        document: dict[str, Any],
        device: Device | None,
        origin: Origin,
        find_run: FindRun,
    ) -> Outcome:
        """Decoded values → Updates: by the device's mapping where it has one, else each as an attribute."""
        self._battery(data, codec, device, origin)
        if device is not None and device.mapping:
            return find_run(origin.tenant, device.mapping.split(",")[0].strip(), origin.type)(
                data | {"uplink": document}, origin
            )
        values = {}
        for name, value in data.items():
            if value is None or name == "" or (isinstance(value, list | dict) and not value):
                continue
            unit = codec.units.get(name) if codec else None
            number = isinstance(value, int | float) and not isinstance(value, bool)
            values[codec.names.get(name, name) if codec else name] = (
                {"value": value, "unit": unit} if unit and number else value
            )
        if not values:
            return Outcome([], None)  # a message without readings, e.g. an empty heartbeat
        return Outcome([self._plain.decoded(values, origin)], None)

    def _origin(self, uplink: Uplink, device: Device | None, via: Origin) -> Origin:
        known = device or Device(id=uplink.eui)
        entity, kind = entity_of(known, self._registry.model)
        return structs.replace(
            via,
            device=known.id,
            entity=entity,
            type=kind,
            observed=uplink.observed or via.observed,
            source=f"device:{known.id}",
        )

    def _vital(self, uplink: Uplink, device: Device | None, via: Origin) -> None:
        if device is not None:
            self._registry.heard(
                via.tenant, device, via.received_us, rssi_dbm=uplink.rssi_dbm, snr_db=uplink.snr_db,
                battery_pct=uplink.battery_pct, firmware=uplink.firmware or None,
            )  # fmt: skip

    @staticmethod
    def _battery(data: dict[str, Any], codec: Codec | None, device: Device | None, origin: Origin) -> None:
        names = (codec.battery,) if codec and codec.battery else BATTERIES
        for name in names if device else ():
            value = data.get(name)
            if device and isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:
                device.battery_pct = value
                return

    def _event(self, uplink: Uplink, origin: Origin) -> list[Update]:
        """Join, status, location, ack, log: signs of life; a status also tells the battery, a location the place."""
        attrs: dict[str, Any] = {}
        if uplink.battery_pct is not None:
            name = expand_name("batteryLevel", self._registry.model)
            # Smart Data Models, Device: batteryLevel is a share, 0 to 1.
            attrs[name] = [
                {"type": "Property", "value": round(uplink.battery_pct / 100, 4), "observedAt": origin.moment()}
            ]
        if uplink.location is not None:
            name = expand_name("location", self._registry.model)
            attrs[name] = [{"type": "GeoProperty", "value": uplink.location, "observedAt": origin.moment()}]
        if not attrs:
            return []
        return [
            Update(
                op=Op.OBSERVE, id=origin.entity, entity={"type": [origin.type], "attrs": attrs},
                source=origin.source, received_us=origin.received_us, raw=origin.raw,
            )
        ]  # fmt: skip

    @staticmethod
    def _no_codec(uplink: Uplink, device: Device | None) -> str:
        told = f"port {uplink.port}, {len(uplink.data or b'')} bytes: {(uplink.data or b'').hex()[:60]}"
        if device is None:
            return (
                f"LoRaWAN device {uplink.eui} ({uplink.name or 'no name'}) is not registered and its"
                f" payload is not decoded ({told});"
                " register it with a codec, then replay this"
            )
        return (
            f"Device {device.id} has no codec and the network server decodes nothing ({told});"
            " choose a codec, then replay this"
        )
