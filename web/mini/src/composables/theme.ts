// The mall's look as CSS variables: its colour, made readable by day and by night, and how round things
// are. Whatever colour the owner picks, text in it and text on it keeps a contrast of 4.5.
import type { MallBrief } from '@/api/types';

type Rgb = [number, number, number];

const PAPER: Rgb = [251, 250, 247];
const NIGHT_PAPER: Rgb = [31, 33, 32];
const INK = '#1c1e1d';
const NIGHT_INK = '#10201c';
const READABLE = 4.5;
/** As far as celadon itself stands out on dark paper: #2F7D6B becomes about #5DB6A1. */
const NIGHT_LUMINANCE = 0.37;

function rgbOf(hex: string | undefined): Rgb | null {
  const match = /^#([0-9a-f]{6})$/i.exec(hex ?? '');
  if (!match) return null;
  const value = parseInt(match[1]!, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const hexOf = (rgb: Rgb): string => `#${rgb.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;

function luminance([r, g, b]: Rgb): number {
  const [lr, lg, lb] = [r, g, b].map((channel) => {
    const part = channel / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * lr + 0.7152 * lg + 0.0722 * lb;
}

/** The contrast of two colours by WCAG: 1 for the same, 21 for black on white. */
export function contrast(a: string, b: string): number {
  const [high, low] = [a, b].map((hex) => luminance(rgbOf(hex) ?? PAPER)).sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Hue and saturation kept, lightness set: a colour of the same family. */
function withLightness([r, g, b]: Rgb, lightness: number): Rgb {
  const [high, low] = [Math.max(r, g, b) / 255, Math.min(r, g, b) / 255];
  const middle = (high + low) / 2;
  const spread = high - low;
  const saturation = spread === 0 ? 0 : spread / (1 - Math.abs(2 * middle - 1));
  const chroma = (1 - Math.abs(2 * lightness - 1)) * saturation;
  return [r, g, b].map((channel) => {
    const place = spread === 0 ? 0 : (channel / 255 - low) / spread;
    return Math.round((lightness - chroma / 2 + place * chroma) * 255);
  }) as Rgb;
}

function shifted(rgb: Rgb, step: number, enough: (found: Rgb) => boolean): Rgb {
  let found = rgb;
  let lightness = (Math.max(...rgb) + Math.min(...rgb)) / 510;
  while (!enough(found) && (step < 0 ? lightness > 0 : lightness < 1)) {
    lightness = Math.min(1, Math.max(0, lightness + step));
    found = withLightness(rgb, lightness);
  }
  return found;
}

/** The accent on paper: darkened until text in it can be read. */
export function onPaper(accent: string): string {
  const rgb = rgbOf(accent);
  if (!rgb) return accent;
  return hexOf(shifted(rgb, -0.02, (found) => contrast(hexOf(found), hexOf(PAPER)) >= READABLE));
}

/** The accent on dark paper: lightened until it stands out as celadon does there. */
export function onDarkPaper(accent: string): string {
  const rgb = rgbOf(accent);
  if (!rgb) return accent;
  const enough = (found: Rgb): boolean =>
    luminance(found) >= NIGHT_LUMINANCE && contrast(hexOf(found), hexOf(NIGHT_PAPER)) >= READABLE;
  return hexOf(shifted(rgb, 0.02, enough));
}

/** White or ink, whichever can be read on a colour. */
export const textOn = (colour: string, ink = INK): string =>
  contrast(colour, '#ffffff') >= READABLE || contrast(colour, '#ffffff') >= contrast(colour, ink) ? '#ffffff' : ink;

/** Inline style for a page's root; a colour that is not a plain `#rrggbb` leaves celadon. */
export function themeVariables(mall: Pick<MallBrief, 'accent' | 'radius_px'> | null): string {
  const parts: string[] = [];
  if (mall && rgbOf(mall.accent)) {
    const [day, night] = [onPaper(mall.accent), onDarkPaper(mall.accent)];
    parts.push(`--accent-day:${day}`, `--accent-night:${night}`);
    parts.push(`--on-accent-day:${textOn(day)}`, `--on-accent-night:${textOn(night, NIGHT_INK)}`);
  }
  if (mall && Number.isFinite(mall.radius_px)) {
    const radius = Math.min(24, Math.max(0, mall.radius_px));
    parts.push(`--radius:${radius}px`, `--radius-small:${Math.round((radius * 2) / 3)}px`);
  }
  return parts.join(';');
}
