// A member's own matters: agreeing to the privacy policy, a copy of everything, messages along a sale, a poster to pass
// on, and leaving for good.
import { inflateRawSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { expect, test, type Member } from './people.js'

/** Entries of a zip by name, read by its directory. */
function unzip(bytes: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'))
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, packed] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)]
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset))
    const header = bytes.readUInt32LE(at + 42)
    const body = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28)
    const content = bytes.subarray(body, body + packed)
    found.set(bytes.toString('utf8', at + 46, at + 46 + name!), method === 8 ? inflateRawSync(content) : content)
    at += 46 + name! + extra! + comment!
  }
  return found
}

async function signInAt(member: Member, next: string, phone: string): Promise<void> {
  await member.open(`/pages/sign-in/index?next=${encodeURIComponent(next)}`)
  await member.signIn(phone)
}

test('privacy: a member agrees, fetches a copy, leaves, and is gone', async ({ member, staff }) => {
  const phone = '13912340001'
  const { page } = member
  await member.open('/pages/sign-in/index?next=%2Fpages%2Fmy%2Fprivacy')
  await expect(page.locator('.agree .tick')).toHaveAttribute('aria-checked', 'false')
  await page.locator('.agree__link').click()
  await expect(page.getByText('我们收集什么，为什么')).toBeVisible()
  await member.shot('policy')
  await page.goBack()
  await member.signIn(phone)
  await expect(page.getByText(/已同意第 1 版/)).toBeVisible()
  await member.shot('centre')

  await member.tap('开始导出')
  await expect(page.getByText('下载', { exact: true })).toBeVisible({ timeout: 20_000 })
  await member.shot('copy-ready')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByText('下载', { exact: true }).click(),
  ])
  const files = unzip(readFileSync((await download.path())!))
  const profile = JSON.parse(files.get('json/profile.json')!.toString()) as { phone: string }[]
  expect(profile[0]!.phone).toBe(phone)
  expect(files.get('csv/consents.csv')!.toString()).toContain('政策版本')
  expect([...files.keys()].sort()).toContain('json/orders.json')

  await member.open('/pages/my/closing')
  await expect(page.getByText('立即删除')).toBeVisible()
  await page.locator('.sure .tick').click()
  await member.shot('closing')
  await page.locator('.foot__close').click()
  await page.locator('.uni-modal').getByText('注销账号').click()
  await expect(page.getByText('账号已注销')).toBeVisible()
  await member.shot('closed')
  await member.open('/pages/me/index')
  await expect(page.getByText('登录 / 注册').locator('visible=true')).toBeVisible()

  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await expect(staff.page.getByRole('heading', { name: '概览' })).toBeVisible()
  await staff.open(`/members?q=${phone}`)
  await expect(staff.page.getByText('没有').first()).toBeVisible()
  await staff.shot('gone')
})

test('policy: staff publish a new version and the member is asked again', async ({ member, staff }) => {
  const { page } = member
  await signInAt(member, '/pages/me/index', '13912340002')
  await expect(page.getByText('隐私中心').locator('visible=true')).toBeVisible()
  await staff.open('/privacy')
  await staff.signIn('admin', 'hefang-demo')
  await expect(staff.page.getByText('位顾客同意过')).toBeVisible()
  await staff.page.getByPlaceholder('给已经同意过的顾客看').fill('说明了海报里的小程序码')
  const body = staff.page.locator('textarea').last()
  await body.fill(`${await body.inputValue()}\n\n- 海报里的小程序码只带商品编号。`)
  await staff.shot('policy-draft')
  await staff.page.getByRole('button', { name: '发布新版本' }).click()
  await staff.page.getByRole('button', { name: '发布', exact: true }).click()
  await expect(staff.page.getByText(/现行：第 \d+ 版/)).toBeVisible()
  await staff.shot('policy-published')

  await page.reload()
  await expect(page.getByText('隐私政策更新了')).toBeVisible()
  await member.shot('asked-again')
  await member.tap('同意并继续')
  await expect(page.locator('.sheet--shown')).toHaveCount(0)
})

test('messages: a sale is told step by step', async ({ member, staff }) => {
  const { page } = member
  await signInAt(member, '/pages/product/list', '13912340003')
  await expect(page).toHaveURL(/product\/list/)
  await member.open('/pages/my/messages')
  await expect(page.getByText('还没有消息')).toBeVisible()
  await member.shot('empty')

  // Buying is another story; here the order is placed through the API with the page's own session.
  const order = await page.evaluate(async () => {
    const kept = Object.values(localStorage).join(' ')
    const bearer = /[0-9a-z]{1,13}\.[A-Za-z0-9_-]{43}/.exec(kept)![0]
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    const get = async (path: string) => (await fetch(path, { headers })).json()
    const post = async (path: string, body: unknown) =>
      (
        await fetch(path, {
          method: 'POST',
          headers: { ...headers, 'idempotency-key': `k${Math.random().toString(36).slice(2)}` },
          body: JSON.stringify(body),
        })
      ).json()
    const product = (await get('/api/v1/products?limit=1')).items[0]
    const sku = (await get(`/api/v1/products/${product.id}`)).skus.find((one: { available: number }) => one.available > 0)
    const stores = await get('/api/v1/stores')
    for (const store of stores) {
      const ask = { source: 'now', items: [{ sku_id: sku.id, quantity: 1 }], delivery: { kind: 'pickup', store_id: store.id } }
      const quote = await post('/api/v1/quote', ask)
      if (!quote.placeable) continue
      const placed = await post('/api/v1/orders', { ...ask, expected_total_fen: quote.total_fen })
      if (placed.orders) return placed.orders[0].id as string
    }
    throw new Error('no store can sell it')
  })
  await staff.open(`/orders/${order}`)
  await staff.signIn('admin', 'hefang-demo')
  await expect(staff.page.getByText('待付款').first()).toBeVisible()
  const desk = await staff.page.evaluate(() => localStorage.getItem('hefang.admin.token'))
  const act = (verb: string, data: object) =>
    staff.page.request.post(`/admin/v1/orders/${order}/${verb}`, { headers: { authorization: `Bearer ${desk}` }, data })
  expect((await act('pay-offline', {})).status()).toBe(200)
  expect((await act('ready', {})).status()).toBe(200)

  // Paid and ready, and what news came along: the badge counts the dots of the list.
  await expect
    .poll(
      async () => {
        await member.open('/pages/my/messages')
        await page.reload()
        await page.locator('.note').first().waitFor()
        const unread = await page.locator('.note__dot').count()
        await member.open('/pages/me/index')
        await page.reload()
        await page.waitForTimeout(1_000)
        const badge = (await page.locator('.more__badge').allTextContents()).join('')
        return unread >= 2 && badge === String(unread)
      },
      { timeout: 30_000 },
    )
    .toBe(true)
  await member.shot('badge')
  await member.tap('消息')
  await expect(page.getByText('可以来取了')).toBeVisible()
  await expect(page.getByText('付款成功')).toBeVisible()
  await member.shot('list')
  await member.tap('可以来取了')
  await expect(page.getByText('订单详情').first()).toBeVisible()
  await page.goBack()
  await member.tap('全部已读')
  await expect(page.locator('.note__dot')).toHaveCount(0)

  await member.open('/pages/my/settings')
  await expect(page.getByText('按我的喜好推荐')).toBeVisible()
  const kept = page.waitForResponse((answer) => answer.request().method() === 'PATCH')
  await page.getByRole('switch', { name: '付款成功' }).click()
  await member.tap('深色')
  await member.shot('settings-dark')
  await member.tap('English')
  await expect(page.getByText('Recommend what I like')).toBeVisible()
  await member.shot('settings-english')
  await member.tap('简体中文')
  await member.tap('跟随系统')
  await kept
  await page.reload()
  await expect(page.getByRole('switch', { name: '付款成功' })).toHaveAttribute('aria-checked', 'false')
  await member.open('/pages/my/licences')
  await expect(page.getByText('杭州河坊示例商贸有限公司')).toBeVisible()
  await member.shot('licences')
})

test('poster: a product is passed on with a code', async ({ member }) => {
  const { page } = member
  await member.open('/pages/product/list')
  await page.locator('text=¥').first().waitFor()
  const id = await page.evaluate(async () => (await (await fetch('/api/v1/products?limit=1')).json()).items[0].id as string)
  const code = await page.request.get(`/api/v1/products/${id}/mini-code`)
  expect([code.status(), code.headers()['content-type']]).toEqual([200, 'image/png'])
  await member.open(`/pages/product/detail?id=${id}`)
  await page.locator('.buy__share').click()
  await member.shot('ways')
  await member.tap('生成海报')
  await expect(page.locator('image.poster__frame, uni-image.poster__frame')).toBeVisible({ timeout: 15_000 })
  await member.shot('poster')
  const [download] = await Promise.all([page.waitForEvent('download'), member.tap('保存图片')])
  const bytes = readFileSync((await download.path())!)
  expect(bytes.subarray(0, 2).toString('hex')).toBe('ffd8')
  expect(bytes.length).toBeGreaterThan(30_000)
  // The code's scene leads to the same page.
  await member.open(`/pages/product/detail?scene=${encodeURIComponent(`id=${id}`)}`)
  await page.reload()
  await expect(page.locator('.buy__share')).toBeVisible()
})
