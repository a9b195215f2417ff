// Code 128 in set C: two digits a symbol, half as wide as letters. Any scanner of one line reads it.

/** Widths of bar, gap, bar, gap, bar, gap of the symbols 0 to 102. */
const SYMBOLS = (
  '212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221' +
  '223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321' +
  '112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131' +
  '311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114' +
  '122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141' +
  '214121412121111143111341131141114113114311411113411311113141114131311141411131'
).match(/.{6}/g)!;
const START_C = '211232';
const STOP = '2331112';
const CHECK = 103;
const START_C_VALUE = 105;

/** White that must be left on both sides, in widths of the thinnest bar. */
export const QUIET = 10;

export interface Bar {
  /** From the left end of the first bar. */
  at: number;
  wide: number;
}

/** Bars that say the digits, an even number of them; lengths are in widths of the thinnest bar. */
export function barsOf(digits: string): { bars: Bar[]; length: number } {
  if (!/^(\d\d)+$/.test(digits)) throw new Error('an even number of digits');
  const values = digits.match(/../g)!.map(Number);
  const sum = values.reduce((all, value, at) => all + value * (at + 1), START_C_VALUE);
  const widths = [START_C, ...[...values, sum % CHECK].map((value) => SYMBOLS[value]!), STOP].join('');
  const bars: Bar[] = [];
  let at = 0;
  [...widths].forEach((width, turn) => {
    if (turn % 2 === 0) bars.push({ at, wide: Number(width) });
    at += Number(width);
  });
  return { bars, length: at };
}

/**
 * How wide the thinnest bar may be, in points, so that bars and quiet zones fit into the room: a whole number of the
 * screen's dots, because a bar with a soft edge is not read.
 */
export function thinnest(length: number, room: number, dots_per_point: number, at_most = Infinity): number {
  const dots = Math.floor((room * dots_per_point) / (length + 2 * QUIET));
  return Math.min(Math.max(dots, 1), Math.floor(at_most * dots_per_point) || 1) / dots_per_point;
}
