// Tektelic Kiwi and Clover (agriculture). Port 10: channel, type, value, big-endian. Source: Tektelic Agriculture Sensor TRM.
function tenths(b, i) { return Math.round(s16(u16be(b, i))) / 10; }
function rounded(v, digits) { var f = Math.pow(10, digits); return Math.round(v * f) / f; }
function moisture(kilohertz) { // gravimetric water content of the soil, from the capacitive probe's frequency
  if (kilohertz > 1399) return "Dry";
  if (kilohertz > 1396) return 0.1;
  for (var step = 2, above = 1391; step <= 12; step++, above -= 5) if (kilohertz > above) return step / 10;
  return "Wet";
}
function thermistor(v) {
  return -33.01 * Math.pow(v, 5) + 217.4 * Math.pow(v, 4) - 538.6 * Math.pow(v, 3) + 628.1 * Math.pow(v, 2) - 378.9 * v + 102.9;
}
function input(number, toTemperature) {
  return [2, function (b, i, d) {
    var volts = u16be(b, i) / 1000;
    if (volts > 0) d["input" + number + "_voltage_to_temp"] = rounded(toTemperature(volts), 1);
    d["input" + number + "_voltage"] = volts;
  }];
}
var BLOCKS = {
  "00BA": [1, function (b, i, d) { d.battery_voltage = rounded((b[i] & 0x7f) / 100, 2); d.eos_alert = b[i] >> 7; }],
  "00D3": [1, function (b, i, d) { d.rem_batt_capacity = b[i]; }],
  "00BD": [2, function (b, i, d) { d.rem_batt_days = u16be(b, i); }],
  "0104": [2, function (b, i, d) { d.input1_frequency_to_moisture = moisture(u16be(b, i)); d.input1_frequency = u16be(b, i); }],
  "0202": input(2, function (v) { return -32.46 * Math.log(v * 1000) + 236.36; }),
  "0302": input(3, thermistor),
  "0367": [2, function (b, i, d) { d.input3_temperature = tenths(b, i); }],
  "0402": input(4, thermistor),
  "0467": [2, function (b, i, d) { d.input4_temperature = tenths(b, i); }],
  "0504": [2, function (b, i, d) { d.watermark1_frequency = u16be(b, i); }],
  "0604": [2, function (b, i, d) { d.watermark2_frequency = u16be(b, i); }],
  "0965": [2, function (b, i, d) { d.light_intensity = u16be(b, i); }],
  "0900": [1, function (b, i, d) { d.light_detected = b[i] === 0xff; }],
  "0A71": [6, function (b, i, d) {
    d.accelerometer_x = s16(u16be(b, i)) / 1000;
    d.accelerometer_y = s16(u16be(b, i + 2)) / 1000;
    d.accelerometer_z = s16(u16be(b, i + 4)) / 1000;
  }],
  "0A00": [1, function (b, i, d) { d.orientation_alarm = b[i] === 0xff; }],
  "0B67": [2, function (b, i, d) { d.ambient_temperature = tenths(b, i); }],
  "0B68": [1, function (b, i, d) { d.relative_humidity = b[i] / 2; }],
  "0C67": [2, function (b, i, d) { d.mcu_temperature = tenths(b, i); }],
};
function decodeUplink(uplink) {
  if (uplink.fPort !== 10) return { data: {}, errors: ["port " + uplink.fPort + " carries no readings"] };
  return walk(uplink.bytes, BLOCKS);
}
