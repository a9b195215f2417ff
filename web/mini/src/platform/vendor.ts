// What a platform cannot do, in words.

/** What cannot be done where the app runs, said in words. A page shows it like any other failure. */
export class Refusal extends Error {
  constructor(
    /** Stable, for support and tests: `pay.not_here`. */
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
    this.name = 'Refusal';
  }
}
