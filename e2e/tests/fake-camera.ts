// A camera for a clerk: Chromium plays a file in its place. The file shows what stands on a page, and can be changed while
// the camera runs.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { type Browser, type Locator, type Page, chromium } from '@playwright/test'
import { barsOf } from '../../web/packages/shared/code128.js'

const WIDTH = 1280
const HEIGHT = 720
const FRAMES = 4
const HEAD = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420mpeg2\n`

/** A picture as the camera would see it, on a grey table and a little turned: brightness of each point. */
async function brightness(page: Page, address: string, wide: number): Promise<Buffer> {
  const text = await page.evaluate(
    async ([src, width, height, size]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height })
      const pen = canvas.getContext('2d')!
      pen.fillStyle = '#b8b4aa'
      pen.fillRect(0, 0, width, height)
      if (src) {
        const picture = new Image()
        picture.src = src
        await picture.decode()
        const high = (size * picture.naturalHeight) / picture.naturalWidth
        pen.translate(width / 2, height / 2)
        pen.rotate(0.04)
        pen.drawImage(picture, -size / 2, -high / 2, size, high)
      }
      const { data } = pen.getImageData(0, 0, width, height)
      let bytes = ''
      for (let at = 0; at < data.length; at += 4) bytes += String.fromCharCode(data[at]!)
      return btoa(bytes)
    },
    [address, WIDTH, HEIGHT, wide] as const,
  )
  return Buffer.from(text, 'base64')
}

function play(light: Buffer, file: string, running: boolean): void {
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)])
  const all = Buffer.concat([Buffer.from(HEAD), ...Array<Buffer>(FRAMES).fill(frame)])
  if (!running) return writeFileSync(file, all)
  // In place: the browser goes on reading the same file.
  const open = openSync(file, 'r+')
  writeSync(open, all)
  closeSync(open)
}

/** Films the QR code of a member's page into a file. */
export async function film(page: Page, file: string): Promise<void> {
  const src = await page.locator('.qr__image img').first().getAttribute('src')
  play(await brightness(page, src ?? '', 600), file, false)
}

/** What lies before the camera whose file it is: a table with nothing on it, a picture by its address, or a part of a page. */
export class Table {
  private running = false
  constructor(
    private readonly page: Page,
    private readonly file: string,
  ) {}

  async show(what: string | Locator | null, wide = 900): Promise<void> {
    const picture = typeof what === 'string' || !what ? (what ?? '') : await picturedOf(what)
    play(await brightness(this.page, picture, wide), this.file, this.running)
    this.running = true
  }
}

async function picturedOf(part: Locator): Promise<string> {
  return `data:image/png;base64,${(await part.screenshot({ scale: 'device' })).toString('base64')}`
}

/** The bars of an EAN-13, as they are printed on goods. */
export function ean13(code: string): string {
  const left = ['0001101', '0011001', '0010011', '0111101', '0100011', '0110001', '0101111', '0111011', '0110111', '0001011']
  const sides = ['LLLLLL', 'LLGLGG', 'LLGGLG', 'LLGGGL', 'LGLLGG', 'LGGLLG', 'LGGGLL', 'LGLGLG', 'LGLGGL', 'LGGLGL'][Number(code[0])]!
  const flipped = (bits: string): string => [...bits].map((bit) => (bit === '1' ? '0' : '1')).join('')
  const digit = (at: number): string => left[Number(code[at])]!
  const mirrored = (bits: string): string => [...flipped(bits)].reverse().join('')
  const first = [1, 2, 3, 4, 5, 6].map((at) => (sides[at - 1] === 'L' ? digit(at) : mirrored(digit(at))))
  const second = [7, 8, 9, 10, 11, 12].map((at) => flipped(digit(at)))
  const bits = `101${first.join('')}01010${second.join('')}101`
  return printed([...bits].map((bit, at) => ({ at, wide: Number(bit) })), bits.length)
}

/** The bars over a payment code, as WeChat's wallet shows them. */
export function paymentBars(code: string): string {
  const { bars, length } = barsOf(code)
  return printed(bars, length)
}

function printed(bars: readonly { at: number; wide: number }[], length: number): string {
  const drawn = bars.map(({ at, wide }) => `<rect x="${at + 11}" y="4" width="${wide}" height="46"/>`).join('')
  const wide = length + 22
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide * 6}" height="324" viewBox="0 0 ${wide} 54"><rect width="${wide}" height="54" fill="#fff"/>${drawn}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

/** A browser whose camera plays a file. */
export function browserWithCamera(file: string): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${file}`,
    ],
  })
}
