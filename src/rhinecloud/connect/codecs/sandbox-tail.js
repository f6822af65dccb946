
;// Stands after a codec: finds its entry point and gives the host one function from JSON text to JSON text.
function entry(name) {
  var local;
  try { local = eval(name); } catch (e) { local = undefined; }
  if (typeof local === "function") return local;
  var out = module.exports;
  var places = [out, exports, out && out.default, globalThis];
  for (var i = 0; i < places.length; i++)
    if (places[i] && typeof places[i][name] === "function") return places[i][name].bind(places[i]);
  return null;
}
var uplink = entry("decodeUplink"), decode = entry("Decode"), decoder = entry("Decoder"), converter = entry("Converter");
return function (text) {
  var call = JSON.parse(text), answer;
  noted = [];
  if (uplink) {
    call.recvTime = call.recvTime === null ? undefined : new Date(call.recvTime);
    answer = uplink(call);
    if (answer && typeof answer.then === "function") throw new Error("decodeUplink gives a promise; it has to give the data at once");
    if (answer && typeof answer === "object" && !Array.isArray(answer) && !("data" in answer) && !("errors" in answer)) answer = { data: answer };
  } else if (decode) answer = { data: decode(call.fPort, call.bytes, call.variables) };
  else if (decoder) {
    answer = { data: decoder(call.bytes, call.fPort) };
    if (converter) answer.data = converter(answer.data, call.fPort);
  } else throw new Error("there is no function decodeUplink, Decode or Decoder");
  return JSON.stringify({ answer: answer === undefined ? null : answer, noted: noted }, function (key, value) {
    return typeof value === "bigint" ? Number(value) : value;
  });
};
})()
