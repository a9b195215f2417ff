// Goods in the back office: a table of products brought in, with the wrong turns people take, and the tasks behind it.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from './people.js'

const HEAD = '商品编码,商品名称,分类,商品图,规格名1,规格值1,规格编码,售价,库存,状态\n'
const photos = new URL('../../demo/photos/', import.meta.url)
const photo = readFileSync(new URL(readdirSync(photos).find((name) => name.endsWith('.jpg'))!, photos))

/** A zip with one stored entry, as any archiver writes it. */
function zip(name: string, bytes: Buffer): Buffer {
  const crc = (() => {
    let value = ~0
    for (const byte of bytes) {
      value ^= byte
      for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    }
    return ~value >>> 0
  })()
  const path = Buffer.from(name)
  const head = (signature: number, size: number, at: number) => {
    const made = Buffer.alloc(size)
    made.writeUInt32LE(signature, 0)
    made.writeUInt16LE(20, at)
    made.writeUInt16LE(0x0800, at + 2)
    made.writeUInt32LE(crc, at + 10)
    made.writeUInt32LE(bytes.length, at + 14)
    made.writeUInt32LE(bytes.length, at + 18)
    made.writeUInt16LE(path.length, at + 22)
    return made
  }
  const local = Buffer.concat([head(0x04034b50, 30, 4), path, bytes])
  const central = Buffer.concat([head(0x02014b50, 46, 6), path])
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

test('import a table of products, with mistakes and a picture', async ({ staff }) => {
  const { page } = staff
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await page.waitForURL((url) => !url.pathname.includes('sign-in'))
  await staff.open('/products')
  await page.getByRole('button', { name: '导入' }).click()
  await expect(page.getByRole('heading', { name: '导入商品' })).toBeVisible()
  await staff.shot('choose')

  const table = page.locator('input[type=file]').first()
  await table.setInputFiles({ name: '春茶.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from('PK\x03\x04 not a workbook') })
  await page.getByRole('button', { name: '上传并检查' }).click()
  await expect(page.getByText('这个 Excel 文件打不开')).toBeVisible()
  await staff.shot('bad-file')
  await page.getByRole('button', { name: '换一个文件' }).click()

  const csv =
    HEAD +
    'E2E1,亚麻围裙,家居,pics/1.jpg,颜色,米白,E2E1-W,129,10,上架\n' +
    'E2E1,,,,颜色,墨绿,E2E1-G,129,6,\n' +
    'E2E2,搪瓷杯,没有这个类,,,,E2E2,39,5,下架\n' +
    'E2E3,竹筷,家居,,,,E2E3,九块九,5,下架\n'
  await table.setInputFiles({ name: '新品.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
  await page
    .locator('input[type=file]')
    .nth(1)
    .setInputFiles({ name: '图片.zip', mimeType: 'application/zip', buffer: zip('新品/pics/1.jpg', photo) })
  await page.getByRole('button', { name: '上传并检查' }).click()
  await expect(page.locator('p.summary').getByText('将新建 1 件，2 件有问题')).toBeVisible()
  await expect(page.getByText('没有“没有这个类”这个分类')).toBeVisible()
  await expect(page.getByText('“九块九”不是金额')).toBeVisible()
  await staff.shot('report')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: '下载问题清单' }).click()
  expect((await download).suggestedFilename()).toContain('问题清单.csv')

  await page.getByRole('button', { name: '导入 1 件商品' }).click()
  await expect(page.locator('p.summary').getByText('新建 1 件，2 件有问题')).toBeVisible()
  await staff.shot('imported')
  await page.getByRole('button', { name: '去看商品' }).click()
  await expect(page.getByRole('link', { name: '亚麻围裙' })).toBeVisible()
  await staff.shot('list')
})

test('tasks export a list and tell when it is done', async ({ staff }) => {
  const { page } = staff
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await page.waitForURL((url) => !url.pathname.includes('sign-in'))
  await staff.open('/products')
  await page.getByRole('button', { name: '导出' }).click()
  await page.getByRole('menuitem', { name: 'Excel 表格' }).click()
  const notice = page.locator('.el-notification')
  await expect(notice).toContainText('导出商品 已完成')
  await staff.shot('notice')
  await notice.click()
  await expect(page.getByText(/导出 \d+ 件商品/).first()).toBeVisible()
  await staff.shot('task')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: '下载结果' }).click()
  expect((await download).suggestedFilename()).toMatch(/\.xlsx$/)
  await staff.open('/tasks')
  await expect(page.getByRole('link', { name: '导出商品' }).first()).toBeVisible()
  await staff.shot('tasks')
})
