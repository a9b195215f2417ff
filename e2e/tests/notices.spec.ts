// Notices: the merchant maps a message to a subscribe message and a text message, sees it with example values, sends a
// test to a phone, saves; a member's order then goes out by text message, and the log tells so.
import { type Staff, expect, test } from './people.js'

const PHONE = '13700200361'

async function field(staff: Staff, at: number, name: string, value: string): Promise<void> {
  await staff.page.getByRole('button', { name: '添加字段' }).click()
  await staff.page.getByLabel(`字段 ${at}`, { exact: true }).fill(name)
  await staff.page.getByLabel(`字段 ${at} 的内容`).focus()
  await staff.page.getByRole('button', { name: value, exact: true }).first().click()
}

test('notices: a mapping is written, seen, tried and followed', async ({ staff }) => {
  await staff.open('/notices')
  await staff.signIn('admin', 'hefang-demo')
  await expect(staff.page.getByRole('heading', { name: '消息通知' })).toBeVisible()
  await expect(staff.page.getByText('余额变动')).toBeVisible()
  await staff.shot('kinds')

  await staff.page.getByRole('button', { name: '设置付款成功' }).click()
  await staff.page.locator('.el-drawer .el-switch').first().click()
  await staff.page.getByRole('button', { name: '保存' }).click()
  await expect(staff.page.getByText('请填写小程序后台里的模板 ID')).toBeVisible()
  await staff.page.getByLabel('模板 ID').fill('Tpl_order_paid_0123456789abcdef')
  await field(staff, 1, 'thing1', '商品')
  await field(staff, 2, 'amount2', '金额')
  await staff.page.getByText('总是', { exact: true }).last().click()
  await staff.page.getByLabel('短信模板').fill('SMS_200001')
  await staff.page.getByRole('button', { name: '添加变量' }).click()
  await staff.page.getByLabel('变量 1', { exact: true }).fill('goods')
  await staff.page.getByLabel('变量 1 的内容').fill('{goods} {nothing}')
  await staff.page.getByRole('button', { name: '用示例内容看看' }).click()
  await expect(staff.page.getByText('没有 {nothing} 这个值').first()).toBeVisible()
  await staff.shot('refused')
  await staff.page.getByLabel('变量 1 的内容').fill('{goods}已付款')
  await staff.page.getByRole('button', { name: '用示例内容看看' }).click()
  await expect(staff.page.getByText('199.00元')).toBeVisible()
  await staff.shot('preview')

  await staff.page.getByLabel('接收测试的手机号').fill(PHONE)
  await staff.page.getByRole('button', { name: '发短信' }).click()
  await expect(staff.page.getByText('测试短信已发出')).toBeVisible()
  const inbox = await (await staff.page.request.get(`/sandbox/control/messages?phone=${PHONE}`)).json()
  expect(inbox.items[0]).toMatchObject({ template_code: 'SMS_200001', params: { goods: '西湖龙井 明前特级已付款' } })
  await staff.page.getByRole('button', { name: '发微信消息' }).click()
  await expect(staff.page.getByText('没有在小程序里登录过')).toBeVisible()
  await staff.page.getByRole('button', { name: '保存' }).click()
  await expect(staff.page.getByText('已保存，之后的消息照此发送')).toBeVisible()
  await expect(staff.page.getByText('SMS_200001')).toBeVisible()

  // Somebody buys: the order is paid at the desk, the text message goes, the log has it.
  const api = staff.page.request
  await api.post('/api/v1/session/sms-code', { data: { phone: PHONE } })
  const codes = await (await api.get(`/sandbox/control/messages?phone=${PHONE}`)).json()
  const code = codes.items.find((one: { params: { code?: string } }) => one.params.code)?.params.code
  const session = await (await api.post('/api/v1/session/phone', { data: { phone: PHONE, code } })).json()
  const headers = { authorization: `Bearer ${session.token}` }
  const stores = await (await api.get('/api/v1/stores')).json()
  const products = await (await api.get('/api/v1/products?q=茶&limit=10')).json()
  let placed: { orders: { id: string }[] } | undefined
  for (const product of products.items) {
    const detail = await (await api.get(`/api/v1/products/${product.id}`)).json()
    const body = { source: 'now', items: [{ sku_id: detail.skus[0].id, quantity: 1 }], delivery: { kind: 'pickup', store_id: stores[0].id } }
    const quote = await (await api.post('/api/v1/quote', { headers, data: body })).json()
    const answer = await api.post('/api/v1/orders', {
      headers: { ...headers, 'idempotency-key': `notice-${Date.now()}` },
      data: { ...body, expected_total_fen: quote.total_fen },
    })
    if (answer.ok()) {
      placed = await answer.json()
      break
    }
  }
  expect(placed).toBeDefined()
  const owner = await (await api.post('/admin/v1/session', { data: { username: 'admin', password: 'hefang-demo' } })).json()
  await api.post(`/admin/v1/orders/${placed!.orders[0]!.id}/pay-offline`, { headers: { authorization: `Bearer ${owner.token}` }, data: {} })
  await staff.again(() => expect(staff.page.getByText('已发出').first()).toBeVisible({ timeout: 2_000 }))
  await expect(staff.page.getByText('没有在小程序里登录过').first()).toBeVisible()
  await staff.shot('log')
})
