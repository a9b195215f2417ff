// What a camera sees is drawn by another hand (ZXing's writer) or by our own bars, and read as the pages read it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { barsOf, QUIET, thinnest } from '@shared/code128';
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer';
import { beforeAll, describe, expect, it } from 'vitest';
import { asTyped } from './reader';
import { loadZxing, readPixels } from './zxing';

const HIGH = 120;
const QUIET_DOTS = 40;

/** A picture of dots, each so many pixels wide; one row of dots is a bar code. */
function drawn(dark: (x: number, y: number) => boolean, wide: number, high: number, size = 4): ImageData {
  const width = wide * size + 2 * QUIET_DOTS;
  const height = (high > 1 ? high * size : HIGH) + 2 * QUIET_DOTS;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = QUIET_DOTS; y < height - QUIET_DOTS; y += 1)
    for (let x = QUIET_DOTS; x < width - QUIET_DOTS; x += 1) {
      const row = high > 1 ? Math.floor((y - QUIET_DOTS) / size) : 0;
      if (dark(Math.floor((x - QUIET_DOTS) / size), row)) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  return { data, width, height, colorSpace: 'srgb' } as ImageData;
}

/** Our bars for digits. */
function bars(digits: string, size = 4): ImageData {
  const { bars: all, length } = barsOf(digits);
  return drawn((x) => all.some(({ at, wide }) => x >= at && x < at + wide), length, 1, size);
}

type Written = 'EAN13' | 'EAN8' | 'UPCA' | 'Code128' | 'QRCode';
async function written(text: string, format: Written): Promise<ImageData> {
  const { symbol } = await writeBarcode(text, { format });
  return drawn(
    (x, y) => symbol.data[y * symbol.width + x] === 0,
    symbol.width,
    format === 'QRCode' ? symbol.height : 1,
  );
}

const program = (name: string): ArrayBuffer => {
  const bytes = readFileSync(createRequire(import.meta.url).resolve(`zxing-wasm/${name}`));
  return new Uint8Array(bytes).buffer;
};
const read = async (picture: ImageData): Promise<string> => asTyped(await readPixels(picture));

describe('the camera', () => {
  beforeAll(async () => {
    await loadZxing(program('reader/zxing_reader.wasm'));
    const overrides = { wasmBinary: program('writer/zxing_writer.wasm') };
    await prepareZXingModule({ overrides, fireImmediately: true });
  });

  it.each<[string, Written]>([
    ['6970000102483', 'EAN13'],
    ['96385074', 'EAN8'],
    ['012345678905', 'UPCA'],
    ['HM1.AbC-_09', 'Code128'],
    ['134567890123456789', 'Code128'],
    ['HM1.AbC-_09', 'QRCode'],
  ])('reads %s as %s and types what a hand scanner would', async (text, format) => {
    expect(await read(await written(text, format))).toBe(text);
  });

  it('reads every pair of digits from our bars', async () => {
    const pairs = Array.from({ length: 100 }, (_, at) => String(at).padStart(2, '0'));
    for (let from = 0; from < 100; from += 15) {
      const digits = pairs.slice(from, from + 15).join('');
      expect(await read(bars(digits))).toBe(digits);
    }
  });

  it('reads bars two dots wide, as a small phone shows a member code', async () => {
    expect(await read(bars('004215763254985050112096123457', 2))).toBe('004215763254985050112096123457');
  });

  it('sees nothing where nothing is', async () => {
    expect(await read(drawn(() => false, 100, 1))).toBe('');
  });
});

describe('of several codes', () => {
  it('the bars count, not the address beside them', () => {
    const address = { text: 'https://example.invalid/', format: 'qr_code' };
    expect(asTyped([address, { text: ' 6970000102483 ', format: 'ean_13' }])).toBe('6970000102483');
    expect(asTyped([address])).toBe(address.text);
  });
});

describe('bars', () => {
  it('stand on whole dots and fit with their quiet zones', () => {
    const { length } = barsOf('0'.repeat(30));
    expect(length).toBe(200);
    // Phones by their width in points and dots a point; the page keeps 16 points on each side.
    for (const [points, dots] of [
      [360, 3],
      [375, 2],
      [390, 3],
      [412, 2.625],
      [1440, 1],
    ] as const) {
      const thin = thinnest(length, Math.min(points - 32, 440), dots);
      expect((thin * dots) % 1).toBe(0);
      expect((length + 2 * QUIET) * thin).toBeLessThanOrEqual(points - 32);
      // A quarter of a millimetre or so on the glass of a phone.
      expect(thin).toBeGreaterThan(1.3);
    }
  });

  it('say pairs of digits only', () => {
    expect(() => barsOf('123')).toThrow();
    expect(() => barsOf('12a4')).toThrow();
  });
});
