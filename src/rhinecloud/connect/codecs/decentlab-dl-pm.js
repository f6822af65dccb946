// Decentlab DL-PM (particulate matter, temperature, humidity, pressure). Version 2, device id, flags, then one group of
// 16-bit big-endian words for each set flag. Source: Decentlab DL-PM data sheet, "Payload".
var GROUPS = [
  [1, function (x, d) { d.battery_voltage = x[0] / 1000; }],
  [10, function (x, d) {
    d.pm1_0_mass_concentration = x[0] / 10;
    d.pm2_5_mass_concentration = x[1] / 10;
    d.pm4_mass_concentration = x[2] / 10;
    d.pm10_mass_concentration = x[3] / 10;
    d.typical_particle_size = x[4];
    d.pm0_5_number_concentration = x[5] / 10;
    d.pm1_0_number_concentration = x[6] / 10;
    d.pm2_5_number_concentration = x[7] / 10;
    d.pm4_number_concentration = x[8] / 10;
    d.pm10_number_concentration = x[9] / 10;
  }],
  [2, function (x, d) {
    d.air_temperature = 175.72 * x[0] / 65536 - 46.85;
    d.air_humidity = 125 * x[1] / 65536 - 6;
  }],
  [1, function (x, d) { d.barometric_pressure = x[0] * 2; }],
];
function decodeUplink(input) {
  var b = input.bytes, d = {}, flags = u16be(b, 3), at = 5, radio = input.radio || {};
  if (b[0] !== 2 || b.length < 5) return { data: d, errors: ["protocol version " + b[0] + " is not known, only 2"] };
  for (var g = 0; g < GROUPS.length; g++) {
    if (!((flags >> g) & 1)) continue;
    var words = [];
    for (var w = 0; w < GROUPS[g][0]; w++, at += 2) words.push(u16be(b, at));
    if (at > b.length) return { data: d, errors: ["the payload of " + b.length + " bytes is cut off in group " + g] };
    GROUPS[g][1](words, d);
  }
  d.lora_frame_counter = radio.counter;
  d.lora_frame_port = input.fPort;
  d.lora_frequency = radio.frequency;
  d.lora_spreading_factor = radio.spreadingFactor;
  d.lora_rssi = radio.rssi;
  d.lora_snr = radio.snr;
  return { data: d };
}
