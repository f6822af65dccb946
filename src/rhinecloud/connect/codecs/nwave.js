// Nwave G4 NPS SM (parking space sensor). One message form a port. Source: Nwave "LoRaWAN payload structure".
// The duration of the state before is kept in 7 bits: minutes up to 89, then steps of 5, then hours; 127 is "longer".
function before(code, d) {
  d.previous_state_duration = code < 90 ? code : code < 120 ? 90 + (code - 90) * 5 : code < 127 ? 240 + (code - 120) * 60 : 660;
  d.previous_state_duration_error = code < 90 ? 0 : code < 120 ? 4 : code < 127 ? 59 : null;
  d.previous_state_duration_overflow = code === 127;
}
var RESETS = ["rejoining_lorawan_network", "watchdog", "power_on", "user_request", null, null, "brownout", "other"];
function decodeUplink(input) {
  var b = input.bytes, d = {}, needed = { 1: 1, 2: 3, 3: 5, 10: 5 }[input.fPort];
  if (!needed) return { data: d, errors: ["port " + input.fPort + " is not used by this device"] };
  if (b.length < needed) return { data: d, errors: ["a message on port " + input.fPort + " has at least " + needed + " bytes, this one " + b.length] };
  if (input.fPort === 1) {
    d.type = "parking_status";
    d.occupied = (b[0] & 1) === 1;
    before(b[0] >> 1, d);
  } else if (input.fPort === 2) {
    var millivolts = 2500 + s8(b[1]) * 4;
    d.type = "heartbeat";
    d.occupied = (b[0] & 1) === 1;
    d.hw_health_status = b[0] >> 1;
    d.temperature = s8(b[2]) / 2 + 10;
    d.battery_voltage = millivolts / 1000;
    // Cold lowers the voltage of a good battery.
    var critical = d.temperature >= -5 ? 2900 : 2800;
    d.battery_health = millivolts < critical ? "critical" : millivolts < critical + 100 ? "low" : "normal";
  } else if (input.fPort === 3) {
    d.type = "startup";
    d.firmware_version = b[0] + "." + b[1] + "." + b[2];
    d.reset_cause = RESETS[b[3]] || "unknown";
    d.occupied = (b[4] & 1) === 1;
  } else {
    d.type = "user_registration";
    if (b[0] & 1) {
      d.occupied = true;
      before(b[0] >> 1, d);
    }
    d.tag_id = u32be(b, 1).toString(16).toUpperCase();
  }
  return { data: d };
}
