// ZXing, compiled for browsers; its program is a file of ours. In its words a format is named otherwise than in browsers'.

import { prepareZXingModule, purgeZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import program from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { Found } from './reader';

const NAMES = { EAN13: 'ean_13', EAN8: 'ean_8', UPCA: 'upc_a', Code128: 'code_128', QRCode: 'qr_code' } as const;
const WHAT: ReaderOptions = {
  formats: Object.keys(NAMES) as (keyof typeof NAMES)[],
  // Nobody prints light bars on dark, and looking for them costs a quarter of the time.
  tryInvert: false,
  textMode: 'Plain',
  maxNumberOfSymbols: 4,
};

/** `wasmBinary`: the program, where it cannot be fetched. */
export async function loadZxing(wasmBinary?: ArrayBuffer): Promise<void> {
  const overrides = wasmBinary ? { wasmBinary } : { locateFile: () => program };
  try {
    await prepareZXingModule({ overrides, fireImmediately: true });
  } catch (cause) {
    purgeZXingModule();
    throw cause;
  }
}

export async function readPixels(pixels: ImageData): Promise<Found[]> {
  const found = await readBarcodes(pixels, WHAT);
  return found.map(({ text, format }) => ({ text, format: NAMES[format as keyof typeof NAMES] ?? format }));
}
