// A camera for a clerk: Chromium plays a file in its place. The file shows the code that a member's page shows.
import { writeFileSync } from 'node:fs'
import { type Browser, type Page, chromium } from '@playwright/test'

const WIDTH = 640
const HEIGHT = 480

/** The picture of the code on a member's page, as the camera would see it: brightness of each point. */
async function brightness(page: Page): Promise<Buffer> {
  const src = await page.locator('.qr__image img').first().getAttribute('src')
  const text = await page.evaluate(
    async ([address, width, height]) => {
      const picture = new Image()
      picture.src = address as string
      await picture.decode()
      const canvas = Object.assign(document.createElement('canvas'), { width, height })
      const pen = canvas.getContext('2d')!
      pen.imageSmoothingEnabled = false
      pen.fillStyle = '#b8b4aa'
      pen.fillRect(0, 0, canvas.width, canvas.height)
      pen.translate(canvas.width / 2, canvas.height / 2)
      pen.rotate(0.05)
      pen.drawImage(picture, -200, -200, 400, 400)
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height)
      let bytes = ''
      for (let at = 0; at < data.length; at += 4) bytes += String.fromCharCode(data[at]!)
      return btoa(bytes)
    },
    [src, WIDTH, HEIGHT] as const,
  )
  return Buffer.from(text, 'base64')
}

/** Films the code of a member's page into a file. */
export async function film(page: Page, file: string): Promise<void> {
  const light = await brightness(page)
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128)
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, grey])
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420mpeg2\n`)
  writeFileSync(file, Buffer.concat([head, ...Array<Buffer>(10).fill(frame)]))
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
