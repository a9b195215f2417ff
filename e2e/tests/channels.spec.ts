// Paying through other channels: Alipay on a phone and at a desk, with its cashier's buttons; part from the balance and the
// rest outside; staff give the money back.
import type { Browser } from '@playwright/test'
import { Member, expect, test } from './people.js'

let keys = 0
const key = () => ({ 'idempotency-key': `e2e-channels-${Date.now()}-${(keys += 1)}` })

/** The signed-in member's headers for the API. */
async function headersOf(member: Member): Promise<Record<string, string>> {
  const token = await member.page.evaluate(() => {
    for (const text of Object.values({ ...localStorage })) {
      const found = /"token":"([^"]+)"/.exec(String(text).replaceAll('\\"', '"'))
      if (found) return found[1]
    }
    return ''
  })
  expect(token).not.toBe('')
  return { authorization: `Bearer ${token}` }
}

/** Places an order of one piece through the API; answers its id and total. */
async function place(member: Member, word: string): Promise<{ id: string; total_fen: number }> {
  const { request } = member.page
  const headers = await headersOf(member)
  const data = { name: '周小满', phone: '13612340001', district_code: '330102', detail: '劳动路 128 号', is_default: true }
  const address = await (await request.post('/api/v1/addresses', { headers, data })).json()
  const found = await (await request.get(`/api/v1/products?q=${encodeURIComponent(word)}&limit=1`)).json()
  const product = await (await request.get(`/api/v1/products/${found.items[0].id}`)).json()
  const sku = product.skus.find((one: { available: number }) => one.available > 5)
  const items = [{ sku_id: sku.id, quantity: 1 }]
  const body = { source: 'now', items, delivery: { kind: 'express', address_id: address.id } }
  const quote = await (await request.post('/api/v1/quote', { headers, data: body })).json()
  const placed = await request.post('/api/v1/orders', {
    headers: { ...headers, ...key() },
    data: { ...body, expected_total_fen: quote.total_fen },
  })
  expect(placed.ok(), await placed.text()).toBe(true)
  return { id: (await placed.json()).orders[0].id, total_fen: quote.total_fen }
}

async function payAtAlipay(member: Member): Promise<void> {
  const { page } = member
  await member.page.locator('.way').getByText('支付宝').click()
  await member.shot('cashier')
  await member.tap('用支付宝付款')
  await page.waitForURL(/sandbox\/alipay\/cashier/)
  await expect(page.getByRole('heading', { name: '支付宝收银台' })).toBeVisible()
  await member.shot('alipay')
  // A wrong turn: the payment fails, and is tried again.
  await page.getByRole('button', { name: '付款失败' }).click()
  await expect(page.getByText('银行拒绝了这次付款')).toBeVisible()
  await page.goBack()
  await page.getByRole('button', { name: /^确认付款/ }).click()
  await page.waitForURL(/pages\/checkout\/(result|cashier)/)
  await expect(page.getByText('支付成功').locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
}

test('alipay: paid on a phone, refunded by staff', async ({ member, staff }) => {
  await member.open('/pages/sign-in/index')
  await member.signIn('13612340001')
  await member.page.waitForTimeout(1_500)
  const order = await place(member, '相机')
  await member.open(`/pages/checkout/cashier?order_id=${order.id}`)
  await payAtAlipay(member)
  await member.shot('paid')

  await staff.open(`/orders/${order.id}`)
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL(/orders\/\d+/)
  await expect(staff.page.getByText('支付宝').first()).toBeVisible()
  await staff.shot('order')
  await staff.page.click('header button:has-text("退款")')
  const dialog = staff.page.locator('.el-dialog:visible, .el-drawer:visible, .el-message-box:visible').first()
  await dialog.locator('textarea, input').first().fill('客人改了主意')
  await staff.shot('refund')
  await dialog.getByRole('button', { name: /退款/ }).last().click()
  await expect(async () => {
    await staff.page.reload()
    await expect(staff.page.getByText(/已到账|退款完成|已退款/).first()).toBeVisible({ timeout: 3_000 })
  }).toPass({ timeout: 60_000 })
  await staff.shot('refunded')
  await member.open(`/pages/order/detail?id=${order.id}`)
  await expect(member.page.getByText(/已退款|退款/).locator('visible=true').first()).toBeVisible()
  await member.shot('refunded')
})

async function desk(browser: Browser): Promise<Member> {
  const own = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  return new Member(await own.newPage(), 'alipay-desk')
}

test('parts: at a desk, part from the balance and the rest by Alipay', async ({ browser }) => {
  test.setTimeout(240_000)
  const member = await desk(browser)
  const { page } = member
  await member.open('/pages/sign-in/index')
  await member.signIn('13612340002')
  const signedIn = Date.now()
  await page.waitForTimeout(1_500)
  await member.open('/pages/club/balance')
  await page.locator('.plan').locator('visible=true').first().click()
  await expect(page).toHaveURL(/club\/buy/)
  await page.locator('.way').getByText('支付宝').click()
  await member.shot('top-up')
  await member.tap('用支付宝付款')
  await page.waitForURL(/sandbox\/alipay\/cashier/)
  await page.getByRole('button', { name: /^确认付款/ }).click()
  await page.waitForURL(/club\/buy/)
  await expect(page.getByText('储值已到账').locator('visible=true').first()).toBeVisible({ timeout: 40_000 })

  const order = await place(member, '相机')
  await member.open(`/pages/checkout/cashier?order_id=${order.id}`)
  await expect(page.getByText(/先用余额付/).locator('visible=true').first()).toBeVisible()
  await member.shot('before')
  // One code a minute.
  await page.waitForTimeout(Math.max(0, signedIn + 61_000 - Date.now()))
  await member.tap(/先用余额付/)
  await member.tap('获取验证码')
  await page.waitForTimeout(1_500)
  await page.locator('.form__input input').fill(await member.code('13612340002'))
  await member.shot('confirm')
  await member.tap('确认付款')
  await expect(page.getByText(/已用余额/).locator('visible=true').first()).toBeVisible()
  await member.shot('part-taken')
  await payAtAlipay(member)
  await member.shot('paid')
})
