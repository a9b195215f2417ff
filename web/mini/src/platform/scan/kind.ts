// What reading a code means.

export interface Scanning {
  /** Whether pressing "scan" can work here at all. */
  offered(): boolean;
  /** The text of a QR or bar code; null when the person turned back. Refuses in words where it cannot be done. */
  read(): Promise<string | null>;
}
