// A key per intent: pressing a button twice, or pressing it again after the network failed, is the
// same intent and keeps its key; a changed order is a new one.

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function randomKey(length = 24): string {
  let key = '';
  for (let i = 0; i < length; i += 1) key += LETTERS[Math.floor(Math.random() * LETTERS.length)];
  return key;
}

export class IntentKeys {
  private fingerprint = '';
  private key = '';

  /** The key for this body: the same while the body stays the same. */
  for(body: unknown): string {
    const fingerprint = JSON.stringify(body);
    if (fingerprint !== this.fingerprint || !this.key) {
      this.fingerprint = fingerprint;
      this.key = randomKey();
    }
    return this.key;
  }

  /** The intent was carried out, or refused for good: the next press is a new one. */
  done(): void {
    this.key = '';
  }
}
