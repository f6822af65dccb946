// Netvox R718A (temperature and humidity). Port 6: version, device type, report type, then by report type; big-endian.
// Port 7: answers to configuration. Source: Netvox LoRaWAN application command, chapter "Report attributes".
function decodeUplink(input) {
  var b = input.bytes, d = {};
  if (input.fPort === 7) return configuration(b);
  if (input.fPort !== 6) return { data: d, errors: ["port " + input.fPort + " is not used by this device"] };
  if (b.length < 3) return { data: d, errors: ["a report has at least 3 bytes, this one " + b.length] };
  if (b[2] === 0) {
    return { data: { software_version: b[3] / 10, hardware_version: b[4], date_code: hex(b, 5, 9) } };
  }
  if (b[2] !== 1 || b.length < 8) return { data: d, errors: ["report type " + b[2] + " of " + b.length + " bytes is not known"] };
  d.battery_voltage = (b[3] & 0x7f) / 10;
  if (b[3] & 0x80) d.low_battery = true;
  d.temperature = s16(u16be(b, 4)) / 100;
  d.humidity = u16be(b, 6) / 100;
  return { data: d };
}
function configuration(b) {
  if (b[0] === 0x81) return { data: { cmd: "configReportRsp", status: b[2] === 0 ? "success" : "failure" } };
  if (b[0] !== 0x82 || b.length < 11) return { data: {}, errors: ["command " + hex(b, 0, Math.min(1, b.length)) + " is not known"] };
  return {
    data: {
      cmd: "readConfigReportRsp",
      minTime: u16be(b, 2),
      maxTime: u16be(b, 4),
      batteryChange: b[6] / 10,
      tempChange: u16be(b, 7) / 100,
      humiChange: u16be(b, 9) / 100,
    },
  };
}
