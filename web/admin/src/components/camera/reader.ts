// Reads codes from the camera or a picture: the browser's own detector where it knows all that a counter meets, else ZXing,
// which is loaded with the first scan. The worker of the clerks' pages keeps it for when there is no network (ADR 125).

/** What a counter meets: goods, members' bar codes, payment codes. In the words of browsers. */
export const FORMATS = ['ean_13', 'ean_8', 'upc_a', 'code_128', 'qr_code'];

export type Picture = HTMLVideoElement | ImageBitmap;
export interface Found {
  text: string;
  format: string;
}
/** All codes in a picture. */
export type CodeReader = (picture: Picture) => Promise<Found[]>;

interface Detector {
  detect(picture: Picture): Promise<{ rawValue: string; format: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats?: () => Promise<readonly string[]>;
}

async function build(): Promise<CodeReader> {
  const own = (window as Window & { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  const known = (await own?.getSupportedFormats?.().catch(() => null)) ?? [];
  if (own && FORMATS.every((format) => known.includes(format))) {
    const detector = new own({ formats: FORMATS });
    return async (picture) =>
      (await detector.detect(picture)).map(({ rawValue, format }) => ({ text: rawValue, format }));
  }
  const { loadZxing, readPixels } = await import('./zxing');
  await loadZxing();
  return (picture) => readPixels(pixelsOf(picture));
}

let reader: Promise<CodeReader> | undefined;

/** The reader, made once; a failure to load it is tried again the next time. */
export function codeReader(): Promise<CodeReader> {
  reader ??= build().catch((cause) => {
    reader = undefined;
    throw cause;
  });
  return reader;
}

/** Longer sides say nothing more about a code that fills the frame, and cost time. */
const LONGEST = 1_600;
let pen: CanvasRenderingContext2D | null = null;

function pixelsOf(picture: Picture): ImageData {
  const [wide, high] =
    picture instanceof HTMLVideoElement ? [picture.videoWidth, picture.videoHeight] : [picture.width, picture.height];
  const scale = Math.min(1, LONGEST / Math.max(wide, high));
  const [width, height] = [Math.round(wide * scale), Math.round(high * scale)];
  pen ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!pen) throw new Error('no canvas');
  if (pen.canvas.width !== width) pen.canvas.width = width;
  if (pen.canvas.height !== height) pen.canvas.height = height;
  pen.drawImage(picture, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}

/**
 * The one that counts, as a hand scanner types it; an empty text when there is none. Bars come before a QR code, which on
 * a package is an address; an EAN-13 that begins with a zero is the UPC-A whose twelve digits are printed below it.
 */
export function asTyped(found: Found[]): string {
  const one = found.find((code) => code.format !== 'qr_code') ?? found[0];
  const text = one?.text.trim() ?? '';
  return one?.format === 'ean_13' && text.startsWith('0') ? text.slice(1) : text;
}

/** The code on a photograph; an empty text when none is seen. */
export async function readPhoto(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  try {
    return asTyped(await (await codeReader())(bitmap));
  } finally {
    bitmap.close();
  }
}
