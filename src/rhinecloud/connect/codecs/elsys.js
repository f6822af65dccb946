// Elsys (ERS and ELT families): type byte, then its value, big-endian. Source: Elsys "LoRa payload" description.
function signed(name, per) { return [2, function (b, i, d) { d[name] = s16(u16be(b, i)) / per; }]; }
function word(name, per) { return [2, function (b, i, d) { d[name] = u16be(b, i) / (per || 1); }]; }
function byte(name) { return [1, function (b, i, d) { d[name] = b[i]; }]; }
function long(name, per) { return [4, function (b, i, d) { d[name] = u32be(b, i) / (per || 1); }]; }
function s24(b, i) { var v = (b[i] << 16) | (b[i + 1] << 8) | b[i + 2]; return v > 0x7fffff ? v - 0x1000000 : v; }
var TYPES = {
  0x01: signed("temperature", 10),
  0x02: byte("humidity"),
  0x03: [3, function (b, i, d) { d.x = s8(b[i]); d.y = s8(b[i + 1]); d.z = s8(b[i + 2]); }],
  0x04: word("light"),
  0x05: byte("pir"),
  0x06: word("co2"),
  0x07: word("vdd"),
  0x08: word("analog1"),
  0x09: [6, function (b, i, d) { d.lat = s24(b, i) / 10000; d.lon = s24(b, i + 3) / 10000; }],
  0x0a: word("pulse1"),
  0x0b: long("pulseAbs1"),
  0x0c: signed("externalTemperature", 10),
  0x0d: byte("digital"),
  0x0e: word("distance"),
  0x0f: byte("accMotion"),
  0x10: [4, function (b, i, d) { d.irInternalTemperature = s16(u16be(b, i)) / 10; d.irExternalTemperature = s16(u16be(b, i + 2)) / 10; }],
  0x11: byte("occupancy"),
  0x12: byte("waterleak"),
  0x13: [65, function (b, i, d) { d.grideye = b.slice(i + 1, i + 65).map(function (v) { return b[i] + v / 10; }); }],
  0x14: long("pressure", 1000),
  0x15: [2, function (b, i, d) { d.soundPeak = b[i]; d.soundAvg = b[i + 1]; }],
  0x16: word("pulse2"),
  0x17: long("pulseAbs2"),
  0x18: word("analog2"),
  0x19: signed("externalTemperature2", 10),
  0x1a: byte("digital2"),
  0x1b: long("analogUv"),
  0x1c: word("tvoc"),
};
function decodeUplink(input) {
  var b = input.bytes, d = {}, at = 0;
  while (at < b.length) {
    var type = TYPES[b[at]];
    if (!type) return { data: d, errors: ["type " + hex(b, at, at + 1) + " at byte " + at + " is not known"] };
    if (at + 1 + type[0] > b.length) return { data: d, errors: ["the value of type " + hex(b, at, at + 1) + " is cut off"] };
    type[1](b, at + 1, d);
    at += 1 + type[0];
  }
  return { data: d };
}
