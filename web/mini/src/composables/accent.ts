// The mall's accent as CSS variables. On dark paper the same hue is lightened until it
// stands out, about as far as celadon itself is (#2F7D6B becomes #5DB6A1).

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

/** Hue and saturation kept, lightness set: a colour of the same family. */
function lightened([r, g, b]: Rgb, lightness: number): Rgb {
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

/** The accent for dark paper: lightened until it stands out as celadon does there. */
export function onDarkPaper(accent: string): string {
  const rgb = rgbOf(accent);
  if (!rgb) return accent;
  const middle = (Math.max(...rgb) + Math.min(...rgb)) / 510;
  let found = rgb;
  for (let lightness = middle; lightness <= 0.9 && luminance(found) < 0.37; lightness += 0.02)
    found = lightened(rgb, lightness);
  return `#${found.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** Inline style for a page's root; empty when the colour is not a plain `#rrggbb`. */
export function accentVariables(accent: string | undefined): string {
  const rgb = accent ? rgbOf(accent) : null;
  if (!accent || !rgb) return '';
  const night = onDarkPaper(accent);
  const text = luminance(rgb) > 0.45 ? '#1c1e1d' : '#ffffff';
  return `--accent-day:${accent};--accent-night:${night};--on-accent-day:${text}`;
}
