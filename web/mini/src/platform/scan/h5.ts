// A browser reads a code from a photograph, where it has a detector of its own; others say that they cannot.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Scanning } from './kind';

interface Detector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>;
}
type DetectorClass = new (options?: { formats: string[] }) => Detector;

const detectorClass = (): DetectorClass | undefined =>
  (globalThis as unknown as { BarcodeDetector?: DetectorClass }).BarcodeDetector;

function takePhoto(): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = 'image/*';
    input.setAttribute('capture', 'environment');
    input.onchange = () => resolve(input.files?.[0] ?? null);
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

export const h5: Scanning = {
  offered: () => detectorClass() !== undefined,
  async read() {
    const Detector = detectorClass();
    if (!Detector) throw new Refusal('scan.not_here', t('platform.scan_here'));
    const photo = await takePhoto();
    if (!photo) return null;
    const found = await new Detector().detect(await createImageBitmap(photo));
    return found[0]?.rawValue ?? null;
  },
};
