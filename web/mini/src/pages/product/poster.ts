// The poster of a product: its photograph, its name, its price in the mall's colour, and a code that opens it. Drawn at
// twice the width of a phone, on white in either palette, since it is looked at elsewhere.
import qrcode from 'qrcode-generator';
import { openCanvas, type Drawing } from '@/platform/canvas';
import { splitFen } from '@shared/money';

export interface Poster {
  photo: string;
  name: string;
  price_fen: number;
  mall: string;
  accent: string;
  hint: string;
  /** Picture of a mini-program code; '' draws a QR code of `link`. */
  code: string;
  link: string;
}

export const WIDTH = 750;
export const HEIGHT = 1120;
const SIDE = 44;
const CODE = 212;
const FONT = "-apple-system, 'PingFang SC', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

/** Breaks a text into lines that fit, the last one cut with an ellipsis. */
export function broken(text: string, most: number, width: (text: string) => number, limit: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const letter of text) {
    if (line && width(line + letter) > limit) {
      lines.push(line);
      line = '';
      if (lines.length === most) break;
    }
    line += letter;
  }
  if (lines.length < most) return line ? [...lines, line] : lines;
  let last = lines[most - 1]!;
  while (last && width(`${last}…`) > limit) last = last.slice(0, -1);
  return [...lines.slice(0, -1), `${last}…`];
}

function cover(pen: CanvasRenderingContext2D, image: CanvasImageSource, size: number): void {
  const { width, height } = image as { width: number; height: number };
  const part = Math.min(width, height);
  pen.drawImage(image, (width - part) / 2, (height - part) / 2, part, part, 0, 0, size, size);
}

function drawQr(pen: CanvasRenderingContext2D, link: string, x: number, y: number): void {
  const code = qrcode(0, 'M');
  code.addData(link);
  code.make();
  const count = code.getModuleCount();
  const cell = Math.floor(CODE / count);
  const inset = Math.floor((CODE - cell * count) / 2);
  pen.fillStyle = '#1c1e1d';
  for (let row = 0; row < count; row += 1)
    for (let column = 0; column < count; column += 1)
      if (code.isDark(row, column)) pen.fillRect(x + inset + column * cell, y + inset + row * cell, cell, cell);
}

function drawPrice(pen: CanvasRenderingContext2D, fen: number, y: number): void {
  const { yuan, cents } = splitFen(fen);
  let x = SIDE;
  for (const [text, size] of [
    ['¥', 34],
    [yuan, 62],
    [`.${cents}`, 34],
  ] as const) {
    pen.font = `600 ${size}px ${FONT}`;
    pen.fillText(text, x, y);
    x += pen.measureText(text).width + 2;
  }
}

/** Draws; answers the picture's address. Fails when the code cannot be drawn, since it is what a poster is for. */
export async function drawPoster(poster: Poster, canvas: Drawing = openCanvas(WIDTH, HEIGHT)): Promise<string> {
  const { pen } = canvas;
  const [photo, code] = await Promise.all([
    canvas.picture(poster.photo),
    poster.code ? canvas.picture(poster.code) : Promise.resolve(null),
  ]);
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = '#f1efe9';
  pen.fillRect(0, 0, WIDTH, WIDTH);
  if (photo) cover(pen, photo, WIDTH);

  pen.textBaseline = 'alphabetic';
  pen.fillStyle = poster.accent;
  drawPrice(pen, poster.price_fen, WIDTH + 92);
  pen.fillStyle = '#1c1e1d';
  pen.font = `500 32px ${FONT}`;
  const room = WIDTH - SIDE * 3 - CODE;
  const lines = broken(poster.name, 3, (text) => pen.measureText(text).width, room);
  lines.forEach((line, index) => pen.fillText(line, SIDE, WIDTH + 152 + index * 46));

  const codeX = WIDTH - SIDE - CODE;
  const codeY = WIDTH + 40;
  if (code) pen.drawImage(code, codeX, codeY, CODE, CODE);
  else drawQr(pen, poster.link, codeX, codeY);
  pen.fillStyle = '#6d736f';
  pen.font = `24px ${FONT}`;
  pen.textAlign = 'center';
  pen.fillText(poster.hint, codeX + CODE / 2, codeY + CODE + 38);
  pen.textAlign = 'left';
  pen.fillStyle = poster.accent;
  pen.fillRect(SIDE, HEIGHT - 66, 6, 28);
  pen.font = `600 26px ${FONT}`;
  pen.fillText(poster.mall, SIDE + 18, HEIGHT - 43);
  return canvas.finish();
}
