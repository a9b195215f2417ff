// Success and failure without looking: two tones, and a vibration where the device has one.

type Outcome = 'success' | 'failure';

let audio: AudioContext | undefined;

function tone(context: AudioContext, hertz: number, from: number, seconds: number): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.value = 0.08;
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(context.currentTime + from);
  oscillator.stop(context.currentTime + from + seconds);
}

export function signal(outcome: Outcome): void {
  navigator.vibrate?.(outcome === 'success' ? 80 : [120, 60, 120]);
  if (typeof AudioContext === 'undefined') return;
  audio ??= new AudioContext();
  if (outcome === 'success') {
    tone(audio, 660, 0, 0.09);
    tone(audio, 880, 0.1, 0.14);
  } else {
    tone(audio, 220, 0, 0.3);
  }
}
