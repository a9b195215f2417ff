// A canvas nobody sees, to draw a picture on: a browser's element, or a mini program's off-screen one.
import { fileAddress } from './http';

export interface Drawing {
  /** The standard 2D context; both kinds of canvas follow it for what is used here. */
  pen: CanvasRenderingContext2D;
  /** Loads a picture to draw; null when it cannot be loaded. */
  picture(address: string): Promise<CanvasImageSource | null>;
  /** The finished drawing as an address for `<image>` and for saving. */
  finish(): Promise<string>;
}

/** Whether this platform can draw pictures to keep. */
export const canDraw = process.env.UNI_PLATFORM === 'h5' || process.env.UNI_PLATFORM === 'mp-weixin';

export function openCanvas(width: number, height: number): Drawing {
  // #ifdef H5
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return {
    pen: canvas.getContext('2d')!,
    picture: (address) =>
      new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve(image);
        image.onerror = () => resolve(null);
        image.src = address;
      }),
    finish: () => Promise.resolve(canvas.toDataURL('image/jpeg', 0.92)),
  };
  // #endif
  // #ifndef H5
  return openOffscreen(width, height);
  // #endif
}

// #ifndef H5
interface Offscreen {
  getContext(kind: '2d'): CanvasRenderingContext2D;
  createImage(): { src: string; onload: () => void; onerror: () => void };
}
interface WithCanvas {
  createOffscreenCanvas(size: { type: '2d'; width: number; height: number }): Offscreen;
  canvasToTempFilePath(wanted: {
    canvas: Offscreen;
    fileType: 'jpg';
    quality: number;
    success: (made: { tempFilePath: string }) => void;
    fail: (reason: unknown) => void;
  }): void;
}

function openOffscreen(width: number, height: number): Drawing {
  const vendor = uni as unknown as WithCanvas;
  const canvas = vendor.createOffscreenCanvas({ type: '2d', width, height });
  return {
    pen: canvas.getContext('2d'),
    picture: (address) =>
      new Promise((resolve) => {
        const image = canvas.createImage();
        image.onload = () => resolve(image as unknown as CanvasImageSource);
        image.onerror = () => resolve(null);
        image.src = fileAddress(address);
      }),
    finish: () =>
      new Promise((resolve, reject) =>
        vendor.canvasToTempFilePath({
          canvas,
          fileType: 'jpg',
          quality: 0.92,
          success: (made) => resolve(made.tempFilePath),
          fail: reject,
        }),
      ),
  };
}
// #endif
