// Milesight: what all families of the vendor send, and one table a family.
// Payload: channel (1 byte), type (1 byte), value; little-endian; port 85. Source: Milesight user guides, chapter "Uplink data".
function ascending(b, i) { return "v" + b[i] + "." + b[i + 1]; }
var GENERAL = {
  "FF01": [1, function (b, i, d) { d.ipso_version = "v" + (b[i] >> 4) + "." + (b[i] & 15); }],
  "FF08": [6, function (b, i, d) { d.sn = hex(b, i, i + 6); }],
  "FF09": [2, function (b, i, d) { d.hardware_version = "v" + b[i] + "." + (b[i + 1] >> 4); }],
  "FF0A": [2, function (b, i, d) { d.firmware_version = ascending(b, i); }],
  "FF0B": [1, function (b, i, d) { d.power = "on"; }],
  "FF0F": [1, function () {}], // LoRaWAN class: the network knows it
  "FF16": [8, function (b, i, d) { d.sn = hex(b, i, i + 8); }],
  "FFFE": [1, function (b, i, d) { d.reset = true; }],
  "FFFF": [2, function (b, i, d) { d.tsl_version = ascending(b, i); }],
  "0175": [1, function (b, i, d) { d.battery = b[i]; }],
};
function distance(b, i, d) {
  var v = u16le(b, i);
  if (v === 0xfffd) d.alarm = "over range";
  else if (v === 0xffff) d.alarm = "read failed";
  else d.distance = v;
}
var DISTANCE = {
  "0382": [2, distance],
  "0400": [1, function (b, i, d) { d.position = b[i] === 0 ? "normal" : "tilt"; }],
};
var SOUND = {
  "055B": [7, function (b, i, d) {
    var frequency = ["Z", "A", "C", "D"][b[i] & 3], time = ["I", "F", "S", ""][(b[i] >> 2) & 3];
    d["L" + frequency + time] = u16le(b, i + 1) / 10;
    d["L" + frequency + "eq"] = u16le(b, i + 3) / 10;
    d["L" + frequency + time + "max"] = u16le(b, i + 5) / 10;
  }],
};
var CURRENT_ALARMS = ["threshold alarm", "threshold alarm release", "over range alarm", "over range alarm release"];
function alarms(bits) {
  return CURRENT_ALARMS.filter(function (_, bit) { return (bits >> bit) & 1; });
}
function reading(b, i, d, name, value) {
  var raw = u16le(b, i);
  if (raw === 0xffff) d.alarm = "read failed";
  else if (raw === 0xfffd) d.alarm = "over range alarm";
  else d[name] = value;
}
var CURRENT = {
  "0397": [4, function (b, i, d) { d.total_current = u32le(b, i) / 100; }],
  "0498": [2, function (b, i, d) { reading(b, i, d, "current", u16le(b, i) / 100); }],
  "8498": [7, function (b, i, d) {
    d.current_max = u16le(b, i) / 100;
    d.current_min = u16le(b, i + 2) / 100;
    d.current = u16le(b, i + 4) / 100;
    d.alarm = alarms(b[i + 6]);
  }],
  "0967": [2, function (b, i, d) { reading(b, i, d, "temperature", s16(u16le(b, i)) / 10); }],
  "8967": [3, function (b, i, d) { d.temperature = s16(u16le(b, i)) / 10; d.temperature_alarm = alarms(b[i + 2]); }],
};
function decodeUplink(input) {
  family();
  return walk(input.bytes, Object.assign({}, GENERAL, FAMILY));
}
