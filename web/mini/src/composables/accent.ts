// The mall's accent as CSS variables. On dark paper the same colour is mixed with white until it
// stands out, as celadon itself does (#2F7D6B becomes #5DB6A1).

type Rgb = [number, number, number];

function rgbOf(hex: string): Rgb | null {
  const match = /^#([0-9a-f]{6})$/i.exec(hex);
  if (!match) return null;
  const value = parseInt(match[1]!, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function luminance([r, g, b]: Rgb): number {
  const [lr, lg, lb] = [r, g, b].map((channel) => {
    const part = channel / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * lr + 0.7152 * lg + 0.0722 * lb;
}

/** The accent for dark paper: lightened until its contrast with `#161716` is at least 6. */
export function onDarkPaper(accent: string): string {
  const rgb = rgbOf(accent);
  if (!rgb) return accent;
  let mixed = rgb;
  for (let share = 0; share <= 0.8 && luminance(mixed) < 0.37; share += 0.05)
    mixed = rgb.map((channel) => Math.round(channel + (255 - channel) * share)) as Rgb;
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** Inline style for a page's root; empty when the colour is not a plain `#rrggbb`. */
export function accentVariables(accent: string | undefined): string {
  const rgb = accent ? rgbOf(accent) : null;
  if (!accent || !rgb) return '';
  const night = onDarkPaper(accent);
  const text = luminance(rgb) > 0.45 ? '#1c1e1d' : '#ffffff';
  return `--accent-day:${accent};--accent-night:${night};--on-accent-day:${text}`;
}
