"""Every real uplink decodes to the values that others' converters expect of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rhinecloud.connect import Connect, Device

CODEC_OF = {
    "Decentlab_DL-PM": "decentlab-dl-pm",
    "Elsys_ERS2_Sound": "elsys",
    "Milesight_CT101-CT103": "milesight-ct10x",
    "Milesight_EM310-UDL": "milesight-em310-udl",
    "Milesight_EM500-UDL": "milesight-em500-udl",
    "Milesight_WS302": "milesight-ws302",
    "Netvox_R718A": "netvox-r718a",
    "Nwave_G4_NPS_SM": "nwave-nps",
    "Tektelic_Kiwi": "tektelic-kiwi",
}
RENAMED = {"type": "messageType"}  # NGSI-LD keeps "type" for itself


def uplink_files(samples: Path) -> list[Path]:
    return sorted((samples / "lorawan").glob("*/*/payload*.json"))


@pytest.mark.data
def test_every_real_uplink_decodes_to_the_expected_values(samples: Path, connect: Connect, send) -> None:
    connect.registry.add("city", Device(id="ns", kind="network", topics=("application/#",)))
    files = uplink_files(samples)
    assert len(files) >= 43
    for file in files:
        told = json.loads(file.read_text())
        expected = json.loads(file.with_name(file.name.replace("payload", "result")).read_text())
        telemetry = (expected[0] if isinstance(expected, list) else expected)["telemetry"][0]
        eui = _eui(told)
        codec = CODEC_OF[file.parts[-3]]
        if connect.registry.find_eui("city", eui):
            connect.registry.change("city", eui, codec=codec)
        else:
            connect.registry.add("city", Device(id=eui, kind="lorawan", codec=codec))
        decoded = connect.decoder.decode("city", send(file.read_bytes(), "application/1/device/x/event/up"))
        assert decoded.error is None, (file, decoded.error)
        (update,) = decoded.updates
        values = {iri.rsplit("/", 1)[-1]: instances[0]["value"] for iri, instances in update.entity["attrs"].items()}
        assert values == {RENAMED.get(k, k): v for k, v in telemetry["values"].items()}, file
        assert update.source == f"device:{eui}"


def _eui(told: dict) -> str:
    if "deviceInfo" in told:
        return told["deviceInfo"]["devEui"].lower()
    if "end_device_ids" in told:
        return told["end_device_ids"]["dev_eui"].lower()
    return told["EUI"].lower() if "EUI" in told else "0202020202020202"


@pytest.mark.data
def test_the_same_uplinks_without_a_codec_wait_in_quarantine(samples: Path, connect: Connect, send) -> None:
    connect.registry.add("city", Device(id="ns", kind="network"))
    for file in uplink_files(samples):
        if "objectJSON" in file.read_text():
            continue  # the network server decoded those itself
        decoded = connect.decoder.decode("city", send(file.read_bytes(), "city/ns/up"))
        assert decoded.updates == []
        assert decoded.error is not None and decoded.error.reason == "no codec"
        assert "register it with a codec" in decoded.error.detail
