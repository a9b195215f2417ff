// A member buys from two shops, pays once; one shop ships, a piece of the other goes back. On a phone and at a desk.
import { type Member, type Staff, expect, test } from './people.js'

const PHONE = `1370040${String(Date.now()).slice(-4)}`

async function desk(staff: Staff): Promise<Record<string, string>> {
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await expect(staff.page.getByRole('heading', { name: '概览' })).toBeVisible()
  const session = await staff.page.request.post('/admin/v1/session', { data: { username: 'admin', password: 'hefang-demo' } })
  return { authorization: `Bearer ${(await session.json()).token}` }
}

/** Puts the first thing that can be bought of a search into the member's cart; answers its name. */
async function put(member: Member, headers: Record<string, string>, words: string, quantity: number): Promise<string> {
  const api = member.page.request
  const found = await (await api.get(`/api/v1/products?q=${encodeURIComponent(words)}&limit=3`)).json()
  const detail = await (await api.get(`/api/v1/products/${found.items[0].id}`)).json()
  const sku = detail.skus.find((one: { available: number }) => one.available >= quantity)
  const put = await api.post('/api/v1/cart/lines', { headers, data: { sku_id: sku.id, quantity } })
  expect(put.ok(), await put.text()).toBe(true)
  return detail.name
}

test('shops: one cart, two orders, one payment; a parcel of one, a refund of the other', async ({ member, staff, browser }) => {
  const { page } = member
  const staff_headers = await desk(staff)
  await member.open('/pages/me/index')
  await page.locator('.who').click()
  await member.signIn(PHONE)
  await expect(page.getByText(/137\*\*\*\*/).first()).toBeVisible()
  const kept = await page.evaluate(() => JSON.parse(localStorage.getItem('hefang.session') ?? 'null'))
  const headers = { authorization: `Bearer ${(kept?.data ?? kept)?.token}` }
  const address = { name: '小安', phone: PHONE, district_code: '330102', detail: '河坊街 88 号', is_default: true }
  await page.request.post('/api/v1/addresses', { headers, data: address })
  const orchid = await put(member, headers, '蝴蝶兰', 2)
  const cable = await put(member, headers, '数据线', 1)

  await member.open('/pages/cart/index')
  await expect(page.getByText('南山园艺').locator('visible=true').first()).toBeVisible()
  await expect(page.getByText('河坊生活').locator('visible=true').first()).toBeVisible()
  await member.shot('cart')
  await member.tap(/^结算/)
  await expect(page).toHaveURL(/checkout/)
  await expect(page.getByText('各店铺分开发货').first()).toBeVisible()
  await member.shot('checkout')
  const agree = page.locator('.agree .tick').locator('visible=true')
  if (await agree.count()) await agree.first().click()
  await member.tap('提交订单')
  await expect(page).toHaveURL(/cashier/)
  await expect(page.getByText('2 个订单一起付款')).toBeVisible()
  await member.shot('cashier')

  // Each order stands in the list, and says that it is paid with the other.
  await member.open('/pages/order/list')
  await expect(page.getByText(/与其他 1 个订单一起付款/).locator('visible=true')).toHaveCount(2)
  await member.shot('unpaid')
  await page.getByText('去支付').locator('visible=true').last().click()
  await expect(page).toHaveURL(/cashier/)
  await member.tap('用微信支付付款')
  await page.waitForURL(/sandbox\/cashier/)
  await member.shot('stand-in')
  await page.getByRole('button', { name: /^支付(?!失败)/ }).click()
  await page.waitForURL(/pages\/checkout\/(result|cashier)/)
  await expect(page.getByText('支付成功').locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
  await member.shot('paid')
  await member.tap('查看订单')
  await expect(page).toHaveURL(/order\/list/)
  await expect(page.locator('.order').filter({ hasText: '待发货' })).toHaveCount(2)
  await member.shot('orders')

  // The desk of the garden sees the sister order and the joint payment, and ships.
  const orders = (await (await page.request.get('/api/v1/orders', { headers })).json()).items.slice(0, 2)
  const of = (shop: string): string => orders.find((one: { shop: { name: string } }) => one.shop.name === shop).id
  await staff.open(`/orders/${of('南山园艺')}`)
  await expect(staff.page.getByText('一起付款的订单')).toBeVisible()
  await expect(staff.page.getByText(orchid).first()).toBeVisible()
  await expect(staff.page.getByText('其中本单').first()).toBeVisible()
  await staff.shot('order')
  await staff.page.click('header button:has-text("发货")')
  const drawer = staff.page.locator('.el-drawer:visible')
  await drawer.locator('.el-form-item:has(.el-form-item__label:text-is("运单号")) input').fill('SF1472004400')
  await drawer.locator('.el-drawer__footer button:has-text("全部发出")').click()
  await expect(staff.page.locator('.page-frame > header .status-tag')).toHaveText(/已发货/)

  // A piece of the other goes back, before it was sent.
  await member.open(`/pages/order/detail?id=${of('河坊生活')}`)
  await expect(page.getByText('一起付款的订单')).toBeVisible()
  await expect(page.getByText('已发货').locator('visible=true').first()).toBeVisible()
  await member.shot('detail')
  await member.tap('申请售后')
  const choice = page.getByRole('radio').filter({ hasText: '还没发货' }).first()
  if (await choice.count()) await choice.click()
  await expect(page.getByText('哪些商品')).toBeVisible()
  await page.locator('.chip').getByText('不想要了').click()
  await member.tap('提交申请')
  await expect(page.getByText('待商家处理')).toBeVisible()
  const open = await (await staff.page.request.get('/admin/v1/after-sales', { headers: staff_headers })).json()
  const asked = open.items.find((one: { order_id: string }) => one.order_id === of('河坊生活'))
  const approved = await staff.page.request.post(`/admin/v1/after-sales/${asked.id}/approve`, { headers: staff_headers, data: {} })
  expect(approved.ok(), await approved.text()).toBe(true)
  await member.again(() => expect(page.getByText('已原路退回').first()).toBeVisible({ timeout: 2_000 }))
  await member.shot('refunded')
  await staff.open(`/orders/${of('河坊生活')}`)
  await expect(staff.page.getByText(cable).first()).toBeVisible()
  await expect(staff.page.getByText('已关闭').first()).toBeVisible()
  await staff.shot('refunded')
  await staff.open('/shops')
  await expect(staff.page.getByText('南山园艺').first()).toBeVisible()
  await staff.shot('shops')

  // The same pages at a desk.
  const wide = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  await wide.goto('/')
  await wide.evaluate((session) => localStorage.setItem('hefang.session', session), await page.evaluate(() => localStorage.getItem('hefang.session') ?? ''))
  await wide.reload()
  await put(member, headers, '蝴蝶兰', 1)
  await put(member, headers, '数据线', 1)
  for (const [name, path] of [['cart', 'cart/index'], ['list', 'order/list'], ['detail', `order/detail?id=${of('南山园艺')}`]]) {
    await wide.goto(`/#/pages/${path}`)
    await expect(wide.getByText('南山园艺').locator('visible=true').first()).toBeVisible()
    await wide.waitForTimeout(500)
    await wide.screenshot({ path: `test-results/shots/shops-wide-${name}.png` })
  }
  await wide.goto('/#/pages/cart/index')
  await wide.getByText(/^结算/).locator('visible=true').first().click()
  await expect(wide.getByText('各店铺分开发货').first()).toBeVisible()
  await wide.waitForTimeout(500)
  await wide.screenshot({ path: 'test-results/shots/shops-wide-checkout.png' })
  await wide.close()
})
