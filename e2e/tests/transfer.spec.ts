// Goods on their way between the warehouse and a store: written, sent, received with a difference, and hints of what to
// bring where.
import { expect, type Staff, test } from './people.js'

async function enter(staff: Staff) {
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL((url) => !url.pathname.includes('sign-in'))
}

async function choose(staff: Staff, label: string, option: RegExp | string) {
  const { page } = staff
  await page.getByLabel(label, { exact: true }).click()
  await page.locator('.el-select-dropdown__item:visible').filter({ hasText: option }).first().click()
}

test('a transfer is written, sent, and received in two goes with a difference', async ({ staff }) => {
  const { page } = staff
  await enter(staff)
  await staff.open('/stock/transfers')
  await expect(page.getByRole('link', { name: /总仓 → / }).first()).toBeVisible()
  await staff.shot('transfers')

  await page.getByRole('button', { name: '开调拨单' }).first().click()
  await choose(staff, '从哪里调出', '总仓')
  await choose(staff, '调到哪里', /店/)
  await page.getByLabel('加一行商品').click()
  await page.locator('.el-select-dropdown__item:visible .option').filter({ hasText: /可调 [2-9]\d/ }).first().click()
  await page.getByLabel(/件数$/).fill('5')
  await page.getByLabel('备注').fill('午班车')
  await staff.shot('written')
  await page.getByRole('button', { name: '保存，去核对' }).click()
  await page.getByRole('button', { name: '发出' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '发出' }).click()
  await expect(page.locator('.page-frame .actions').getByRole('button', { name: '收货' })).toBeVisible()
  await staff.shot('sent')

  // Three came, one is broken, one is still on its way.
  await page.getByRole('button', { name: '收货' }).click()
  const drawer = page.getByRole('dialog', { name: '收货' })
  await drawer.getByLabel(/收到$/).fill('4')
  await drawer.getByText('还在路上', { exact: true }).click()
  await staff.shot('receiving')
  await drawer.getByRole('button', { name: '确认收货' }).click()
  await expect(drawer).toBeHidden()
  await page.getByRole('button', { name: '收货' }).click()
  await drawer.getByLabel(/收到$/).fill('0')
  await drawer.getByText('破损', { exact: true }).click()
  await drawer.getByLabel('差异说明').fill('路上磕了一角')
  await drawer.getByRole('button', { name: '确认收货' }).click()
  await expect(page.getByText('已收完')).toBeVisible()
  await expect(page.getByText('损失 1 · 破损 · 路上磕了一角')).toBeVisible()
  await staff.shot('received')
})

test('hints of what runs out become a transfer, and low stock rings', async ({ staff }) => {
  const { page } = staff
  await enter(staff)
  await page.getByRole('button', { name: /库存提醒/ }).click()
  await expect(page.getByRole('link', { name: '看补货建议' }).or(page.getByText('会在这里提醒一次'))).toBeVisible()
  await staff.shot('bell')
  await staff.open('/stock/replenishment?days=60')
  await expect(page.getByRole('heading', { name: '补货建议' })).toBeVisible()
  await expect(page.locator('.el-table__row').first()).toBeVisible()
  await staff.shot('hints')
  await page.locator('.el-table__header .el-checkbox').click()
  await page.getByRole('button', { name: /生成调拨单/ }).click()
  await page.waitForURL(/\/stock\/transfers\/\d+$/)
  await expect(page.getByText('补货，够卖 60 天')).toBeVisible()
  await staff.shot('made')
})
