// The poster of an invite: a code that opens the mall, whose it is, on white, at a size that is printed on A5.
import qrcode from 'qrcode-generator';

export interface InvitePoster {
  mall: string;
  store: string;
  /** '' for the store's own. */
  clerk: string;
  link: string;
  /** Data of a mini-program code; '' draws a QR code of the link. */
  picture: string;
  code: string;
}

const WIDTH = 1240;
const HEIGHT = 1748;
const CODE = 720;
const TOP = 500;
const FONT = "-apple-system, 'PingFang SC', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

function drawQr(pen: CanvasRenderingContext2D, link: string, left: number): void {
  const code = qrcode(0, 'M');
  code.addData(link);
  code.make();
  const count = code.getModuleCount();
  const cell = Math.floor(CODE / count);
  const inset = Math.floor((CODE - cell * count) / 2);
  pen.fillStyle = '#1c1e1d';
  for (let row = 0; row < count; row += 1)
    for (let column = 0; column < count; column += 1)
      if (code.isDark(row, column)) pen.fillRect(left + inset + column * cell, TOP + inset + row * cell, cell, cell);
}

async function picture(source: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

/** Draws; answers the picture's data. */
export async function drawInvitePoster(poster: InvitePoster): Promise<string> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  const pen = canvas.getContext('2d')!;
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = '#2f7d6b';
  pen.fillRect(0, 0, WIDTH, 16);
  const line = (text: string, y: number, size: number, weight: number, color: string) => {
    pen.font = `${weight} ${size}px ${FONT}`;
    pen.fillStyle = color;
    pen.fillText(text, WIDTH / 2, y, WIDTH - 160);
  };
  pen.textAlign = 'center';
  // Many stores carry the mall's name in their own.
  if (!poster.store.startsWith(poster.mall)) line(poster.mall, 190, 48, 400, '#5b605d');
  line(poster.store, 300, 88, 600, '#1c1e1d');
  if (poster.clerk) line(`${poster.clerk} 为你服务`, 390, 48, 400, '#2f7d6b');
  const left = (WIDTH - CODE) / 2;
  if (poster.picture) pen.drawImage(await picture(poster.picture), left, TOP, CODE, CODE);
  else drawQr(pen, poster.link, left);
  line(poster.picture ? '微信扫码，成为本店会员' : '扫码成为本店会员', 1350, 52, 500, '#1c1e1d');
  line('线上下单也由这家门店为你服务', 1430, 36, 400, '#5b605d');
  line(poster.code, 1640, 30, 400, '#9aa09c');
  return canvas.toDataURL('image/png');
}
