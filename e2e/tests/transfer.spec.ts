// Goods on their way between the warehouse and a store: written, sent, received with a difference, and hints of what to
// bring where.
import { type APIRequestContext, expect, type Staff, test } from './people.js'

async function enter(staff: Staff) {
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL((url) => !url.pathname.includes('sign-in'))
}

async function choose(staff: Staff, label: string, option: RegExp | string) {
  const { page } = staff
  await page.locator('.el-select').filter({ has: page.getByRole('combobox', { name: label, exact: true }) }).click()
  await page.getByRole('listbox', { name: label, exact: true }).getByRole('option').filter({ hasText: option }).first().click()
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
  await choose(staff, '加一行商品', /可调 [2-9]\d/)
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

/** A member buys pieces for pickup at a store, and pays at the desk: what the page of hints counts. */
async function sell(request: APIRequestContext, pieces: number): Promise<void> {
  const send = async (path: string, data: object, token = '', key = ''): Promise<Record<string, any>> => {
    const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(key && { 'idempotency-key': key }) }
    const reply = await request.post(path, { data, headers })
    expect(reply.ok(), `${path} ${await reply.text()}`).toBe(true)
    return reply.status() === 204 ? {} : await reply.json()
  }
  const phone = `137${String(Date.now()).slice(-8)}`
  await send('/api/v1/session/sms-code', { phone })
  const inbox = async () => (await (await request.get(`/sandbox/control/messages?phone=${phone}`)).json()).items[0]?.params.code
  await expect.poll(inbox).toMatch(/^\d{6}$/)
  const { token } = await send('/api/v1/session/phone', { phone, code: await inbox() })
  const staff = (await send('/admin/v1/session', { username: 'admin', password: 'hefang-demo' })).token
  const authorization = `Bearer ${staff}`
  const get = async (path: string) => (await request.get(path, { headers: { authorization } })).json()
  const place = (await get('/admin/v1/locations')).find((one: { name: string }) => one.name.includes('湖滨店'))
  const shelf = (await get(`/admin/v1/inventory?location_id=${place.id}&limit=100`)).items
  const row = shelf.find((one: { available: number }) => one.available >= pieces)
  const order = {
    source: 'now',
    items: [{ sku_id: row.sku_id, quantity: pieces }],
    delivery: { kind: 'pickup', store_id: place.store_id },
  }
  const quote = await send('/api/v1/quote', order, token)
  const placed = await send('/api/v1/orders', { ...order, expected_total_fen: quote.total_fen }, token, `hint-${phone}`)
  await send(`/admin/v1/orders/${placed.orders[0].id}/pay-offline`, {}, staff)
}

test('hints of what runs out become a transfer, and low stock rings', async ({ staff }) => {
  const { page } = staff
  await sell(page.request, 5)
  await enter(staff)
  await page.getByRole('button', { name: /库存提醒/ }).click()
  await expect(page.getByRole('link', { name: '看补货建议' }).or(page.getByText('会在这里提醒一次'))).toBeVisible()
  await staff.shot('bell')
  await staff.open('/stock/replenishment?days=60')
  await page.getByRole('button', { name: '现在更新' }).click()
  await expect(page.locator('.el-table__row').first()).toBeVisible()
  await staff.shot('hints')
  await page.locator('.el-table__header .el-checkbox').click()
  await page.getByRole('button', { name: /生成调拨单/ }).click()
  await page.waitForURL(/\/stock\/transfers\/\d+$/)
  await expect(page.getByText('补货，够卖 60 天')).toBeVisible()
  await staff.shot('made')
})
