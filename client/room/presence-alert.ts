const TONE_HZ = 660;
const TONE_SECONDS = 0.35;
const VIBRATION_MS = [200, 120, 200];

/** A short tone, unless the person has silenced the class, and a vibration where there is one. Whatever a device refuses is left out. */
export function alertPerson(silenced: boolean): void {
  try {
    navigator.vibrate?.(VIBRATION_MS);
  } catch {
    // Forbidden here.
  }
  if (!silenced) playTone();
}

function playTone(): void {
  try {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const volume = context.createGain();
    const { currentTime } = context;
    tone.frequency.value = TONE_HZ;
    volume.gain.setValueAtTime(0.0001, currentTime);
    volume.gain.exponentialRampToValueAtTime(0.2, currentTime + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, currentTime + TONE_SECONDS);
    tone.connect(volume).connect(context.destination);
    tone.onended = () => void context.close();
    tone.start();
    tone.stop(currentTime + TONE_SECONDS);
  } catch {
    // No sound on this device, or none before somebody has touched the page.
  }
}
