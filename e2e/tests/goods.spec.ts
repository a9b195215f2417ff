// Goods in the back office: a table of products brought in, with the wrong turns people take, and the tasks behind it.
import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, type Staff, test } from './people.js'

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

/** Signs the owner in and opens a page of the back office. */
async function desk(staff: Staff, path: string): Promise<Page> {
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL((url) => !url.pathname.includes('sign-in'))
  await staff.open(path)
  return staff.page
}

/** The row of a table that these words stand in. */
const rowOf = (page: Page, words: string) => page.locator('.el-table__row').filter({ hasText: words }).first()

test('batch: many products are changed after the numbers were told', async ({ staff }) => {
  const page = await desk(staff, '/products?q=沙发')
  await expect(page.locator('.el-table__row').first()).toBeVisible()
  await page.locator('.el-table__header .el-checkbox').click()
  await expect(page.getByRole('toolbar')).toContainText(/已选 \d+ 条/)
  await staff.shot('chosen')

  await page.getByRole('toolbar').getByRole('button', { name: '改价' }).click()
  const drawer = page.locator('.el-drawer').filter({ hasText: '批量改价' })
  await drawer.getByLabel('百分比').fill('10')
  await expect(drawer.getByText(/将改 \d+ 件商品的 \d+ 个价格/)).toBeVisible()
  await expect(drawer.getByText('划线价会怎样')).toBeVisible()
  await staff.shot('price-preview')
  await drawer.getByRole('button', { name: /改 \d+ 个价格/ }).click()
  await expect(page.getByText(/件已完成/)).toBeVisible()

  await page.locator('.el-table__header .el-checkbox').click()
  await page.getByRole('toolbar').getByRole('button', { name: '下架' }).click()
  const asked = page.locator('.el-message-box')
  await expect(asked).toContainText(/将下架 \d+ 件/)
  await staff.shot('off-sale')
  await asked.getByRole('button', { name: '下架' }).click()
  await expect(rowOf(page, 'HF001')).toContainText('已下架')
  await page.locator('.el-table__header .el-checkbox').click()
  await page.getByRole('toolbar').getByRole('button', { name: '上架' }).click()
  await asked.getByRole('button', { name: '上架' }).click()
  await expect(rowOf(page, 'HF001')).toContainText('在售')
})

test('quick: price and stock in the list, a copy, and the bin', async ({ staff }) => {
  const page = await desk(staff, '/products?q=HF005')
  const row = rowOf(page, 'HF005')
  await row.getByRole('button', { name: /的价格/ }).click()
  const popover = page.locator('.el-popover:visible')
  await expect(popover.getByLabel(/售价/).first()).toBeVisible()
  await popover.getByLabel(/售价/).first().fill('123.45')
  await popover.getByLabel(/库存/).first().fill('77')
  await staff.shot('quick-edit')
  await popover.getByRole('button', { name: '保存' }).click()
  await expect(row).toContainText('¥123.45')

  await row.getByRole('button', { name: /更多操作/ }).click()
  await page.getByRole('menuitem', { name: '复制一件' }).click()
  await expect(page.getByRole('heading', { name: /（副本）/ })).toBeVisible()
  await staff.shot('copy')

  await staff.open('/products?sort=new')
  const copy = rowOf(page, '（副本）')
  await copy.getByRole('button', { name: /更多操作/ }).click()
  await page.getByRole('menuitem', { name: '移到回收站' }).click()
  await page.locator('.el-message-box').getByRole('button', { name: '移到回收站' }).click()
  await expect(page.getByText('已移到回收站')).toBeVisible()
  await page.getByRole('tab', { name: '回收站' }).click()
  await expect(rowOf(page, '（副本）')).toBeVisible()
  await staff.shot('bin')
  await rowOf(page, '（副本）').getByRole('button', { name: '恢复' }).click()
  await expect(page.getByText('回收站是空的')).toBeVisible()
})

test('order: categories and brands take their places by keyboard and by hand', async ({ staff }) => {
  const page = await desk(staff, '/categories')
  const tops = page.locator('section > header b')
  const second = await tops.nth(1).textContent()
  await page.getByRole('button', { name: `${second}：拖动` }).press('ArrowUp')
  await expect(tops.first()).toHaveText(second!)
  await expect(page.getByText('顺序已保存')).toBeVisible()
  const children = page.locator('section').first().locator('li a')
  const first = await children.first().textContent()
  const saved = page.waitForResponse((answer) => answer.request().method() !== 'GET' && answer.url().includes('/admin/v1/categories'))
  await page.locator('section').first().locator('li').first().dragTo(page.locator('section').nth(1).locator('header'))
  await expect(page.locator('section').nth(1).locator('li a').last()).toHaveText(first!)
  await staff.shot('categories')
  await saved
  await page.reload()
  await expect(tops.first()).toHaveText(second!)
  await expect(page.locator('section').nth(1).locator('li a').last()).toHaveText(first!)

  await staff.open('/brands')
  const names = page.locator('.card li > span:not(.photo)')
  const brand = await names.nth(1).textContent()
  await page.getByRole('button', { name: `${brand}：拖动` }).press('ArrowUp')
  await expect(names.first()).toHaveText(brand!)
  await staff.shot('brands')
  await expect(page.getByText('顺序已保存')).toBeVisible()
})

test('stock: a transfer, a warning mark and what moved', async ({ staff }) => {
  const page = await desk(staff, '/stock')
  await expect(page.locator('.el-table__row').first()).toBeVisible()
  await staff.shot('list')
  await page.getByRole('tab', { name: '库存不足' }).click()
  await expect(page.locator('.low').first()).toBeVisible()
  await staff.shot('low')
  await staff.open('/stock?q=HF004-01')
  const warehouse = rowOf(page, '总仓')
  await warehouse.getByRole('button', { name: '调拨' }).click()
  const drawer = page.locator('.el-drawer:visible')
  await drawer.locator('.el-select').click()
  await page.getByRole('option', { name: /店/ }).first().click()
  await drawer.getByLabel('调拨件数').fill('2')
  await expect(drawer.getByText('→').first()).toBeVisible()
  await staff.shot('transfer')
  await drawer.getByRole('button', { name: '调拨' }).click()
  await expect(page.getByText('已调拨')).toBeVisible()
  await warehouse.getByRole('button', { name: /预警数量/ }).click()
  const popover = page.locator('.el-popover:visible')
  await popover.getByLabel(/预警数量/).fill('500')
  await staff.shot('mark')
  await popover.getByRole('button', { name: '保存' }).click()
  await expect(warehouse.getByText('不足')).toBeVisible()
  await warehouse.getByRole('button', { name: '流水' }).click()
  await expect(page.locator('.el-drawer:visible')).toContainText('调拨')
  await staff.shot('movements')
})

test('take: a warehouse is counted by hand and by file while the shop sells, and posted', async ({ staff }) => {
  const page = await desk(staff, '/stock/takes')
  await expect(rowOf(page, '月末盘点')).toContainText('已过账')
  await staff.shot('takes')
  await page.getByRole('button', { name: '开盘点单' }).first().click()
  await page.locator('.el-drawer:visible').getByPlaceholder('不填就用日期和位置').fill('总仓全盘')
  await staff.shot('open')
  await page.locator('.el-drawer:visible').getByRole('button', { name: '开单' }).click()
  await expect(page.getByRole('heading', { name: '总仓全盘' })).toBeVisible()

  const inputs = page.locator('.count input')
  await inputs.nth(0).fill('3')
  await inputs.nth(0).press('Enter')
  await expect(inputs.nth(1)).toBeFocused()
  await inputs.nth(1).fill('4')
  await expect(page.getByText('正在保存')).toHaveCount(0)
  await expect(page.locator('.take-summary')).toContainText('2 / ')
  await staff.shot('counting')

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: '下载盘点表' }).click()
  await page.getByRole('menuitem', { name: 'CSV 表格' }).click()
  const sheet = readFileSync(await (await download).path(), 'utf8')
  const lines = sheet.trim().split(/\r?\n/)
  const code = lines[4]!.split(',')[0]!
  await page.getByRole('button', { name: '上传盘点表' }).click()
  const drawer = page.locator('.el-drawer:visible')
  const upload = async (text: string) => {
    await drawer.locator('input[type=file]').setInputFiles({ name: '盘点.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    await drawer.getByRole('button', { name: '读入' }).click()
  }
  await upload(`规格编码,实盘数量\n${code},九\n没有的,1\n`)
  await expect(drawer.getByText('“九”不是 0 以上的整数')).toBeVisible()
  await staff.shot('upload-problems')
  await drawer.getByRole('button', { name: '换一个文件' }).click()
  await upload(`规格编码,实盘数量\n${code},1\n`)
  await expect(page.locator('.take-summary')).toContainText('3 / ')

  // Somebody moves a counted line meanwhile.
  const taken = await page.evaluate(async () => {
    const headers = { Authorization: `Bearer ${localStorage.getItem('hefang.admin.token')}`, 'content-type': 'application/json' }
    const id = location.pathname.split('/').at(-1)
    const take = await (await fetch(`/admin/v1/stock-takes/${id}/lines?limit=1`, { headers })).json()
    const { location_id } = (await (await fetch(`/admin/v1/stock-takes/${id}`, { headers })).json()).stock_take
    const body = JSON.stringify({ sku_id: take.items[0].sku_id, location_id, kind: 'receive', quantity: 5 })
    return (await fetch('/admin/v1/inventory/changes', { method: 'POST', headers: { ...headers, 'Idempotency-Key': 'e2e-take-0001' }, body })).status
  })
  expect(taken).toBe(200)
  await page.getByRole('button', { name: '点完了' }).click()
  await page.locator('.el-message-box').getByRole('button', { name: '点完了' }).click()
  await expect(page.getByText('数过以后有出入库')).toBeVisible()
  await page.getByRole('tab', { name: '有差异' }).click()
  await expect(page.locator('.el-table__row')).toHaveCount(3)
  await staff.shot('review')
  await page.getByRole('button', { name: '过账' }).click()
  await staff.shot('post')
  await page.locator('.el-drawer:visible').getByText('按差额过账').click()
  await page.locator('.el-drawer:visible').getByRole('button', { name: '过账' }).click()
  await expect(page.getByText('已过账').first()).toBeVisible()
  await staff.shot('posted')
})

test('editor: a code, facts that others carry, and a film that plays in the shop', async ({ staff, member }) => {
  const page = await desk(staff, '/products?q=HF005')
  await rowOf(page, 'HF005').getByRole('link').first().click()
  await expect(page.getByPlaceholder(/自己的货号/)).toHaveValue('HF005')
  // A film made on the spot: a second of a canvas.
  const film = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 320 })
    const pen = canvas.getContext('2d')!
    const kind = ['video/mp4;codecs=avc1.42E01E', 'video/mp4;codecs=vp9', 'video/mp4'].find((one) => MediaRecorder.isTypeSupported(one))
    if (!kind) return null
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: kind })
    const parts: Blob[] = []
    recorder.ondataavailable = (event) => parts.push(event.data)
    const ended = new Promise((done) => (recorder.onstop = done))
    recorder.start()
    for (let frame = 0; frame < 24; frame += 1) {
      pen.fillStyle = `hsl(${160 + frame * 3} 40% 45%)`
      pen.fillRect(0, 0, 320, 320)
      await new Promise((next) => setTimeout(next, 50))
    }
    recorder.stop()
    await ended
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())]
  })
  expect(film, 'Chromium records MP4').not.toBeNull()
  await page.locator('.video-field + input').setInputFiles({ name: 'a.mp4', mimeType: 'video/mp4', buffer: Buffer.from(film!) })
  await expect(page.locator('.video-field video')).toBeVisible()
  await page.locator('.video-field').scrollIntoViewIfNeeded()
  await staff.shot('film')
  const rows = page.locator('.attribute-rows li')
  await page.locator('.offer, .add .el-button').first().scrollIntoViewIfNeeded()
  const before = await rows.count()
  await page.getByRole('button', { name: '添加参数' }).click()
  await page.getByLabel(`第 ${before + 1} 个参数名`).fill('保修')
  await page.getByLabel(`第 ${before + 1} 个参数内容`).fill('一年')
  await page.getByLabel('第 1 个参数内容').click()
  await staff.shot('facts')
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('商品已保存')).toBeVisible()

  const url = await page.locator('.video-field video').getAttribute('src')
  const part = await page.request.get(url!, { headers: { range: 'bytes=0-99' } })
  expect(part.status()).toBe(206)
  expect((await part.body()).length).toBe(100)
  const id = new URL(page.url()).pathname.split('/').at(-1)
  await member.open(`/pages/product/detail?id=${id}`)
  await expect(member.page.locator('.gallery video')).toBeVisible()
  await member.shot('gallery')
})

test('columns: what one person hides stays hidden on another machine, and nobody else sees it', async ({ staff, browser }) => {
  const page = await desk(staff, '/products')
  await page.getByRole('button', { name: '列', exact: true }).click()
  const choices = page.locator('.el-popover:visible')
  await choices.getByText('销量').click()
  await choices.getByText('占用').click()
  await staff.shot('columns')
  await expect(page.locator('.el-table__header')).not.toContainText('销量')
  await page.waitForTimeout(1_000)
  const other = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const there = await other.newPage()
  await there.goto('/admin/')
  await there.fill('input[name=username]', 'admin')
  await there.fill('input[name=password]', 'hefang-demo')
  await there.click('button[type=submit]')
  await there.waitForURL((url) => !url.pathname.includes('sign-in'))
  await there.goto('/admin/products')
  await expect(there.locator('.el-table__header')).toContainText('占用')
  await expect(there.locator('.el-table__header')).not.toContainText('销量')
  await there.getByRole('button', { name: '列', exact: true }).click()
  await there.getByRole('button', { name: '恢复默认' }).click()
  await expect(there.locator('.el-table__header')).toContainText('销量')
  await there.waitForTimeout(1_000)
  await other.close()
})
