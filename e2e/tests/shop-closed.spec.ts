// A shop takes a break: its goods stay on show, nothing of it can be ordered, and it comes back. And what else knows shops.
import { expect, test } from './people.js'

const PHONE = `1370051${String(Date.now()).slice(-4)}`

test('closed: a shop takes a break and comes back', async ({ member, staff }) => {
  const { page } = member
  const desk = staff.page
  const small = async (name: string): Promise<void> => {
    await desk.setViewportSize({ width: 390, height: 844 })
    await staff.shot(`${name}-small`)
    await desk.setViewportSize({ width: 1440, height: 900 })
  }
  await member.open('/pages/me/index')
  await page.locator('.who').click()
  await member.signIn(PHONE)
  await expect(page.getByText(/137\*\*\*\*/).first()).toBeVisible()
  const kept = await page.evaluate(() => JSON.parse(localStorage.getItem('hefang.session') ?? 'null'))
  const headers = { authorization: `Bearer ${(kept?.data ?? kept)?.token}` }
  const found = await (await page.request.get(`/api/v1/products?q=${encodeURIComponent('蝴蝶兰')}&limit=1`)).json()
  const orchid = await (await page.request.get(`/api/v1/products/${found.items[0].id}`)).json()
  const sku = orchid.skus.find((one: { available: number }) => one.available > 0)
  await page.request.post('/api/v1/cart/lines', { headers, data: { sku_id: sku.id, quantity: 1 } })

  await staff.open('/shops')
  await staff.signIn('admin', 'hefang-demo')
  const garden = desk.locator('article').filter({ hasText: '南山园艺' })
  await garden.getByRole('button', { name: '暂停接单' }).click()
  const drawer = desk.locator('.el-drawer:visible')
  await drawer.locator('textarea').fill('盘点三天，周一恢复')
  await staff.shot('why')
  await drawer.getByRole('button', { name: '暂停接单' }).click()
  await expect(garden.getByText(/暂停接单 ·/)).toBeVisible()
  await staff.shot('shops')
  await small('shops')

  await member.open(`/pages/product/detail?id=${orchid.id}`)
  await expect(page.getByText('店铺暂停接单').locator('visible=true').first()).toBeVisible()
  await member.shot('product')
  await member.open('/pages/cart/index')
  await expect(page.getByText('这家店铺暂停接单').locator('visible=true').first()).toBeVisible()
  await member.shot('cart')
  await page.setViewportSize({ width: 1440, height: 900 })
  await member.shot('cart-wide')
  await member.open(`/pages/product/detail?id=${orchid.id}`)
  await expect(page.getByText('店铺暂停接单').locator('visible=true').first()).toBeVisible()
  await member.shot('product-wide')
  await page.setViewportSize({ width: 390, height: 844 })

  await garden.getByRole('button', { name: '恢复接单' }).click()
  await desk.locator('.el-message-box').getByRole('button', { name: '恢复接单' }).click()
  await expect(garden.getByText(/暂停接单 ·/)).toHaveCount(0)
  await member.open('/pages/cart/index')
  await expect(page.getByText(orchid.name).locator('visible=true').first()).toBeVisible()
  await expect(page.getByText('这家店铺暂停接单').locator('visible=true')).toHaveCount(0)

  // Orders of a shop, and offers for its goods alone.
  await staff.open('/orders')
  await desk.getByRole('button', { name: /更多/ }).first().click()
  await desk.locator('form.more .el-select').first().click()
  await desk.locator('.el-select-dropdown:visible').getByText('南山园艺').click()
  await expect(desk).toHaveURL(/shop_id=\d+/)
  await staff.shot('orders')
  await small('orders')
  await staff.open('/promotions/new')
  await desk.locator('.el-radio-button').filter({ hasText: '店铺' }).click()
  await desk.getByText('选择店铺，可以多选').click()
  await desk.locator('.el-select-dropdown:visible').getByText('南山园艺').click()
  await staff.shot('scope')
  await small('scope')
  await staff.open('/accounts')
  await expect(desk.getByText('几家店铺的商品一起付款时')).toBeVisible()
  await staff.shot('account')
  await small('account')

  // The flow of funds stands beside the bills.
  await staff.open('/reconciliation?tab=days&channel=wechat_funds')
  const day = desk.locator('tbody tr').filter({ hasText: '5,000.00' })
  await expect(day).toContainText('与商城无关')
  await staff.shot('funds')
  await small('funds')
})
