// The sounds of the desk, for who has switched them on. A sound that is off is no matter that is settled: what waits says so.

const KEY = "rhinecloud_sound";

/** Pitches in Hz, one after the other; each means one thing, and none is like another. */
const TONES = {
  major: [660, 520],
  critical: [660, 880, 660, 880],
  incident: [523, 659, 784],
  speech: [880, 880],
  emergency: [988, 740, 988, 740, 988, 740],
};
const LENGTH_S = 0.22;

export const isOn = () => localStorage.getItem(KEY) === "on";

/** Switches it; what was switched on is heard at once, since browsers let nothing sound before a gesture. */
export function turn(on) {
  localStorage.setItem(KEY, on ? "on" : "off");
  document.dispatchEvent(new CustomEvent("sound", { detail: { on } }));
  if (on) sound("incident");
}

export function sound(name) {
  if (!isOn()) return;
  const context = new AudioContext();
  const loudness = name === "emergency" ? 0.22 : 0.12;
  TONES[name].forEach((pitch, at) => {
    const tone = context.createOscillator();
    const loud = context.createGain();
    const begin = context.currentTime + at * LENGTH_S;
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0, begin);
    loud.gain.linearRampToValueAtTime(loudness, begin + 0.03);
    loud.gain.linearRampToValueAtTime(0, begin + 0.2);
    tone.connect(loud).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + LENGTH_S);
  });
  setTimeout(() => context.close(), TONES[name].length * LENGTH_S * 1000 + 400);
}
