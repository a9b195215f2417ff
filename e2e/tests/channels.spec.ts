// Paying through other channels: Alipay and UnionPay on a phone and at a desk, with their cashiers' buttons; part from the
// balance and the rest outside; staff give the money back.
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
  await expect(dialog).toBeHidden()
  await staff.again(() => expect(staff.page.getByText(/已到账|退款完成|已退款/).first()).toBeVisible({ timeout: 2_000 }))
  await staff.shot('refunded')
  await member.open(`/pages/order/detail?id=${order.id}`)
  await expect(member.page.getByText(/已退款|退款/).locator('visible=true').first()).toBeVisible()
  await member.shot('refunded')
})

async function desk(browser: Browser, name: string): Promise<Member> {
  const own = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  return new Member(await own.newPage(), name)
}

async function payAtUnionPay(member: Member): Promise<void> {
  const { page } = member
  await page.locator('.way').getByText('银行卡').click()
  await member.shot('cashier')
  await member.tap('用银行卡付款')
  await page.waitForURL(/sandbox\/unionpay\/cashier/)
  await expect(page.getByRole('heading', { name: '银联在线支付' })).toBeVisible()
  await member.shot('unionpay')
  await page.getByRole('button', { name: '付款失败' }).click()
  await expect(page.getByText('银行拒绝了这次付款')).toBeVisible()
  await member.shot('declined')
  await page.getByRole('link', { name: '换一张卡再试' }).click()
  await page.getByRole('button', { name: /^确认付款/ }).click()
  await expect(page.getByRole('heading', { name: '支付成功' })).toBeVisible()
  await member.shot('unionpay-paid')
  await page.getByRole('button', { name: '返回商户' }).click()
  await page.waitForURL(/pages\/checkout\/(result|cashier)/)
  await expect(page.getByText('支付成功').locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
  await member.shot('paid')
}

test('unionpay: paid by card on a phone and at a desk, refunded by staff', async ({ member, staff, browser }) => {
  test.setTimeout(240_000)
  await member.open('/pages/sign-in/index')
  await member.signIn('13612340003')
  const order = await place(member, '相机')
  await member.open(`/pages/checkout/cashier?order_id=${order.id}`)
  await payAtUnionPay(member)

  const wide = await desk(browser, 'unionpay-desk')
  await wide.open('/pages/sign-in/index')
  await wide.signIn('13612340004')
  const second = await place(wide, '相机')
  await wide.open(`/pages/checkout/cashier?order_id=${second.id}`)
  // Turning back at the cashier leaves the order as it is.
  await wide.page.locator('.way').getByText('银行卡').click()
  await wide.tap('用银行卡付款')
  await wide.page.waitForURL(/sandbox\/unionpay\/cashier/)
  await wide.page.getByRole('link', { name: '稍后再付' }).click()
  await wide.page.waitForURL(/pages\/checkout\/cashier/)
  await expect(wide.page.locator('.way', { hasText: '银行卡' })).toHaveAttribute('aria-checked', 'true')
  await wide.shot('turned-back')
  await wide.open(`/pages/checkout/cashier?order_id=${second.id}`)
  await payAtUnionPay(wide)

  await staff.open(`/orders/${order.id}`)
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL(/orders\/\d+/)
  await expect(staff.page.getByText('银行卡').first()).toBeVisible()
  await staff.page.click('header button:has-text("退款")')
  const dialog = staff.page.locator('.el-dialog:visible, .el-drawer:visible, .el-message-box:visible').first()
  await dialog.locator('textarea, input').first().fill('客人改了主意')
  await dialog.getByRole('button', { name: /退款/ }).last().click()
  await expect(dialog).toBeHidden()
  await staff.again(() => expect(staff.page.getByText(/已到账|退款完成|已退款/).first()).toBeVisible({ timeout: 2_000 }))
  await staff.shot('unionpay-refunded')
})

test('unionpay: the account is entered, checked live and masked', async ({ staff }) => {
  const { page } = staff
  await staff.open('/accounts')
  await staff.signIn('admin', 'hefang-demo')
  const card = page.locator('#unionpay')
  await expect(card).toBeVisible()
  await card.scrollIntoViewIfNeeded()
  await card.getByRole('button', { name: '检测' }).click()
  await expect(card.getByText(/签名和回应都对得上/)).toBeVisible()
  await staff.shot('unionpay-account')
  await card.getByLabel('商户代码').fill('777290058110048')
  await card.getByRole('button', { name: '保存' }).click()
  await expect(card.getByText(/请填写商户签名证书/).first()).toBeVisible()
  await card.scrollIntoViewIfNeeded()
  await staff.shot('unionpay-account-refused')
})

test('parts: at a desk, part from the balance and the rest by Alipay', async ({ browser }) => {
  test.setTimeout(240_000)
  const member = await desk(browser, 'alipay-desk')
  const { page } = member
  await member.comeFromWeChat('13612340002')
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

test('bills: what Alipay and UnionPay bill too much waits in the queue and settles itself', async ({ staff }) => {
  const { page } = staff
  const wrong = (on: boolean) =>
    page.request.post('/sandbox/control/switch', { data: { fault: 'bill_extra_line', on } })
  await staff.open('/reconciliation?tab=days')
  await staff.signIn('admin', 'hefang-demo')
  await expect(page.getByRole('tab', { name: '每天的对账' })).toBeVisible()
  const again = async (channel: string) => {
    await staff.open(`/reconciliation?tab=days&channel=${channel}`)
    await page.locator('tbody tr').last().getByRole('button', { name: '再对一次' }).click()
    await page.waitForTimeout(4_000)
  }
  await wrong(true)
  try {
    for (const [channel, name] of [['alipay', '支付宝'], ['unionpay', '银行卡']] as const) {
      await again(channel)
      await staff.open(`/reconciliation?tab=days&channel=${channel}`)
      await expect(page.locator('tbody tr').last()).toContainText('8.88', { timeout: 20_000 })
      await staff.shot(`bills-${channel}`)
      await staff.open('/reconciliation')
      const row = page.locator('tbody tr', { hasText: name }).filter({ hasText: 'UNKNOWN' })
      await expect(row).toContainText('账单有，我们没有')
    }
    await staff.shot('bills-differences')
  } finally {
    await wrong(false)
  }
  for (const channel of ['alipay', 'unionpay']) await again(channel)
  await staff.open('/reconciliation')
  await expect(page.locator('tbody tr', { hasText: 'UNKNOWN' })).toHaveCount(0)
})
