// Stands before a codec in the sandbox: what codecs written for other hosts expect to find.
(function () {
var module = { exports: {} }, exports = module.exports;
var noted = [];
function note() { if (noted.length < 20) noted.push(Array.prototype.map.call(arguments, String).join(" ").slice(0, 200)); }
var console = { log: note, info: note, warn: note, error: note, debug: note, trace: note };
var require = function (name) { throw new Error("require(" + name + ") does not exist here; put all code into the codec"); };
