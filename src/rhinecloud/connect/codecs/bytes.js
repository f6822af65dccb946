// Readers of little- and big-endian numbers, shared by the codecs of this folder.
function u16le(b, i) { return b[i] | (b[i + 1] << 8); }
function u16be(b, i) { return (b[i] << 8) | b[i + 1]; }
function u32le(b, i) { return (b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24)) >>> 0; }
function u32be(b, i) { return ((b[i] << 24) | (b[i + 1] << 16) | (b[i + 2] << 8) | b[i + 3]) >>> 0; }
function s8(v) { return v > 0x7f ? v - 0x100 : v; }
function s16(v) { return v > 0x7fff ? v - 0x10000 : v; }
function hex(b, from, to) {
  var text = "";
  for (var i = from; i < to; i++) text += (b[i] < 16 ? "0" : "") + b[i].toString(16);
  return text.toUpperCase();
}
function onlyZeros(b, from) {
  for (var i = from; i < b.length; i++) if (b[i] !== 0) return false;
  return true;
}
// Walks "channel, type, value" triples; `blocks` maps "channel type" in hex to [length, reader(bytes, at, data)].
// What no block is known for ends the walk with an error, since its length is not known either; zeros are padding.
function walk(b, blocks) {
  var data = {}, at = 0;
  while (at < b.length) {
    var key = hex(b, at, Math.min(at + 2, b.length)), block = blocks[key];
    if (!block) {
      return onlyZeros(b, at) ? { data: data } : { data: data, errors: ["channel and type " + key + " at byte " + at + " are not known"] };
    }
    var length = typeof block[0] === "function" ? block[0](b, at + 2) : block[0];
    if (at + 2 + length > b.length) {
      return { data: data, errors: ["the value of " + key + " at byte " + at + " is cut off"] };
    }
    block[1](b, at + 2, data);
    at += 2 + length;
  }
  return { data: data };
}
