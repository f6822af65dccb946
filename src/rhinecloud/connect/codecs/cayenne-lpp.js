// Cayenne Low Power Payload: channel, type, value, big-endian. Names are the type's word and the channel, as in temperature_1.
// Source: "Cayenne LPP 2.0" type table (IPSO object id minus 3200), with the additions in common use.
function plain(name, length, per, signed) {
  return [length, function (b, i) {
    var v = 0;
    for (var n = 0; n < length; n++) v = v * 256 + b[i + n];
    if (signed && v >= Math.pow(2, 8 * length - 1)) v -= Math.pow(2, 8 * length);
    return v / per;
  }, name];
}
function three(name, per) {
  return [6, function (b, i) { return { x: s16(u16be(b, i)) / per, y: s16(u16be(b, i + 2)) / per, z: s16(u16be(b, i + 4)) / per }; }, name];
}
function s24(b, i) { var v = (b[i] << 16) | (b[i + 1] << 8) | b[i + 2]; return v > 0x7fffff ? v - 0x1000000 : v; }
var LPP = {
  0: plain("digital_in", 1, 1), 1: plain("digital_out", 1, 1), 2: plain("analog_in", 2, 100, true), 3: plain("analog_out", 2, 100, true),
  100: plain("generic", 4, 1), 101: plain("illuminance", 2, 1), 102: plain("presence", 1, 1), 103: plain("temperature", 2, 10, true),
  104: plain("humidity", 1, 2), 113: three("accelerometer", 1000), 115: plain("barometer", 2, 10), 116: plain("voltage", 2, 100),
  117: plain("current", 2, 1000), 118: plain("frequency", 4, 1), 120: plain("percentage", 1, 1), 121: plain("altitude", 2, 1, true),
  125: plain("concentration", 2, 1), 128: plain("power", 2, 1), 130: plain("distance", 4, 1000), 131: plain("energy", 4, 1000),
  132: plain("direction", 2, 1), 133: plain("unixtime", 4, 1), 134: three("gyrometer", 100),
  135: [3, function (b, i) { return { r: b[i], g: b[i + 1], b: b[i + 2] }; }, "colour"],
  136: [9, function (b, i) { return { latitude: s24(b, i) / 10000, longitude: s24(b, i + 3) / 10000, altitude: s24(b, i + 6) / 100 }; }, "gps"],
  142: plain("switch", 1, 1),
};
function decodeUplink(input) {
  var b = input.bytes, d = {}, at = 0;
  while (at + 1 < b.length) {
    var type = LPP[b[at + 1]];
    if (!type) return { data: d, errors: ["type " + b[at + 1] + " at byte " + (at + 1) + " is not known"] };
    if (at + 2 + type[0] > b.length) return { data: d, errors: ["the value of " + type[2] + "_" + b[at] + " is cut off"] };
    d[type[2] + "_" + b[at]] = type[1](b, at + 2);
    at += 2 + type[0];
  }
  return { data: d };
}
