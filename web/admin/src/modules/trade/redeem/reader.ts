// Reads codes from the camera or a picture: the browser's own detector where it knows QR codes, else a small library that
// is loaded when this page opens, so that it is there when the network is not.

interface Found {
  rawValue: string;
}
export interface CodeReader {
  detect(source: ImageBitmapSource): Promise<Found[]>;
}
interface CodeReaderClass {
  new (options: { formats: string[] }): CodeReader;
  getSupportedFormats?: () => Promise<readonly string[]>;
}

let reader: Promise<CodeReader> | undefined;

async function build(): Promise<CodeReader> {
  const own = (window as Window & { BarcodeDetector?: CodeReaderClass }).BarcodeDetector;
  const formats: readonly string[] = (await own?.getSupportedFormats?.().catch(() => null)) ?? [];
  if (own && formats.includes('qr_code')) {
    return new own({ formats: ['qr_code', 'code_128'].filter((format) => formats.includes(format)) });
  }
  const { BarcodeDetector } = await import('qr/decode.js');
  return new BarcodeDetector({ formats: ['qr_code'] });
}

/** The reader, made once; a failure to load it is tried again the next time. */
export function codeReader(): Promise<CodeReader> {
  reader ??= build().catch((cause) => {
    reader = undefined;
    throw cause;
  });
  return reader;
}

/** The first code in a picture; an empty text when there is none. */
export async function readPicture(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  try {
    const [first] = await (await codeReader()).detect(bitmap);
    return first?.rawValue.trim() ?? '';
  } catch {
    return '';
  } finally {
    bitmap.close();
  }
}
