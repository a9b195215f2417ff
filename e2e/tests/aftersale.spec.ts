// After-sale on a phone and at a desk, wrong turns included: money back before shipping, a return with inspection, a
// refusal that goes to the operator.
import { type Member, type Staff, expect, test } from './people.js'

const PHONE = '13700200300'

/** Buys one thing and pays it in the stand-in's cashier; answers the order's id. */
async function buy(member: Member, pieces: number): Promise<string> {
  const api = member.page.request
  const kept = await member.page.evaluate(() => JSON.parse(localStorage.getItem('hefang.session') ?? 'null'))
  const headers = { authorization: `Bearer ${(kept?.data ?? kept)?.token}` }
  const products = await (await api.get('/api/v1/products?q=杯&limit=5')).json()
  let sku = ''
  for (const product of products.items) {
    const detail = await (await api.get(`/api/v1/products/${product.id}`)).json()
    sku = detail.skus.find((one: { available: number }) => one.available >= pieces)?.id ?? ''
    if (sku) break
  }
  const address = await (
    await api.post('/api/v1/addresses', {
      headers,
      data: { name: '小安', phone: PHONE, district_code: '330102', detail: '河坊街 88 号', is_default: true },
    })
  ).json()
  const body = { source: 'now', items: [{ sku_id: sku, quantity: pieces }], delivery: { kind: 'express', address_id: address.id } }
  const quote = await (await api.post('/api/v1/quote', { headers, data: body })).json()
  const placed = await api.post('/api/v1/orders', {
    headers: { ...headers, 'idempotency-key': `e2e-${Date.now()}` },
    data: { ...body, expected_total_fen: quote.total_fen },
  })
  expect(placed.ok(), await placed.text()).toBe(true)
  return (await placed.json()).orders[0].id
}

async function desk(staff: Staff): Promise<Record<string, string>> {
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await expect(staff.page.getByRole('heading', { name: '概览' })).toBeVisible()
  const session = await staff.page.request.post('/admin/v1/session', { data: { username: 'admin', password: 'hefang-demo' } })
  return { authorization: `Bearer ${(await session.json()).token}` }
}

/** Taps through the request: the way, all pieces, the reason. */
async function request(member: Member, order: string, way: string, reason: string): Promise<void> {
  await member.open(`/pages/order/detail?id=${order}`)
  await member.tap('申请售后')
  await expect(member.page.getByText('想怎么处理')).toBeVisible()
  const choice = member.page.getByRole('radio').filter({ hasText: way }).first()
  if (await choice.count()) await choice.click()
  await expect(member.page.getByText('哪些商品')).toBeVisible()
  await member.tap('提交申请')
  await expect(member.page.getByText('请选择原因')).toBeVisible()
  await member.shot('no-reason')
  await member.page.locator('.chip').getByText(reason).click()
}

test('aftersale: money back before shipping, a return with inspection, a refusal to the operator', async ({ member, staff }) => {
  const headers = await desk(staff)
  const act = async (path: string, data: object = {}) => {
    const reply = await staff.page.request.post(`/admin/v1/${path}`, { headers, data })
    expect(reply.ok(), await reply.text()).toBe(true)
  }
  await staff.open('/after-sales')
  await expect(staff.page.getByText('待商家处理').first()).toBeVisible()
  await staff.shot('desk')

  await member.open('/pages/me/index')
  await member.page.locator('.who').click()
  await member.signIn(PHONE)
  await expect(member.page.getByText(/137\*\*\*\*0300/).first()).toBeVisible()

  // Before shipping.
  const first = await buy(member, 2)
  await act(`orders/${first}/pay-offline`)
  await request(member, first, '还没发货', '不想要了')
  await member.shot('apply')
  await member.tap('提交申请')
  await expect(member.page.getByText('待商家处理')).toBeVisible()
  await member.shot('requested')
  await staff.open('/after-sales')
  await staff.page.getByRole('link', { name: '处理' }).first().click()
  await expect(staff.page.getByText('前不处理会自动同意')).toBeVisible()
  await staff.shot('detail')
  await staff.page.getByRole('button', { name: '同意' }).click()
  await expect(staff.page.getByText('原路退给')).toBeVisible()
  await staff.shot('approve')
  await staff.page.getByRole('button', { name: /同意并退款/ }).click()
  await expect(staff.page.locator('.page-frame, main').getByText('已退款').first()).toBeVisible()
  await member.page.reload()
  await expect(member.page.getByText('已原路退回').first()).toBeVisible()
  await member.shot('refunded')

  // A return, with a wrong tracking number and one piece that does not pass.
  const second = await buy(member, 2)
  await act(`orders/${second}/pay-offline`)
  await act(`orders/${second}/ship`, { carrier_code: 'sf', tracking_number: `SF${second.slice(-10)}` })
  await request(member, second, '退货退款', '质量有问题')
  await member.page.locator('textarea').first().fill('杯口有缺口')
  await member.shot('apply-return')
  await member.tap('提交申请')
  await expect(member.page.getByText('待商家处理')).toBeVisible()
  await staff.open('/after-sales')
  await staff.page.getByRole('link', { name: '处理' }).first().click()
  await staff.page.getByRole('button', { name: '同意', exact: true }).click()
  await expect(staff.page.getByText('会收到退货地址')).toBeVisible()
  await staff.shot('approve-return')
  await staff.page.getByRole('button', { name: '同意，等会员寄回' }).click()
  await expect(staff.page.getByText('前不寄回会自动关闭')).toBeVisible()
  await member.page.reload()
  await expect(member.page.getByText('退货地址')).toBeVisible()
  await member.shot('approved')
  await member.tap('填写寄回单号')
  await member.page.locator('.sheet--shown .chip').getByText('顺丰速运').click()
  await member.page.locator('.sheet--shown .field__input input').fill('123')
  await member.tap('我已寄出')
  await expect(member.page.getByText('请填写正确的运单号')).toBeVisible()
  await member.shot('wrong-number')
  await member.page.locator('.sheet--shown .field__input input').fill('SF1234567890')
  await member.tap('我已寄出')
  await expect(member.page.getByText('待商家收货')).toBeVisible()
  await staff.page.reload()
  await staff.page.getByRole('button', { name: '收货验货' }).click()
  const counts = staff.page.locator('.el-drawer .el-input-number input')
  await counts.nth(0).fill('1')
  await counts.nth(0).blur()
  await expect(staff.page.getByText('有商品没有通过，请写明原因')).toBeVisible()
  await staff.page.locator('.el-drawer textarea').fill('一只已使用，退还给您')
  await staff.shot('inspect')
  await staff.page.getByRole('button', { name: '通过 1 件' }).click()
  await expect(staff.page.getByText('验货结果已保存')).toBeVisible()
  await staff.shot('inspected')
  await member.page.reload()
  await expect(member.page.getByText('一只已使用，退还给您').first()).toBeVisible()
  await member.shot('partly-refunded')

  // The refused piece, asked for again, refused, taken to the operator.
  await member.open(`/pages/order/detail?id=${second}`)
  await expect(member.page.getByText('已退款 1 件')).toBeVisible()
  await member.tap('申请售后')
  await member.page.getByRole('radio').filter({ hasText: '仅退款' }).first().click()
  await member.page.locator('.chip').getByText('和商家商量好了').click()
  await member.tap('提交申请')
  await expect(member.page.getByText('待商家处理')).toBeVisible()
  await staff.open('/after-sales')
  await staff.page.getByRole('link', { name: '处理' }).first().click()
  await staff.page.getByRole('button', { name: '拒绝' }).click()
  await staff.page.getByRole('button', { name: '商品已影响二次销售' }).click()
  await staff.shot('decline')
  await staff.page.getByRole('button', { name: '拒绝申请' }).click()
  await expect(staff.page.getByText('没有通过').first()).toBeVisible()
  await member.page.reload()
  await member.page.locator('.button').getByText('申请平台处理').click()
  await member.tap('提交给平台')
  await expect(member.page.getByText('请写明理由')).toBeVisible()
  await member.page.locator('.sheet--shown textarea').fill('开箱时就是这样')
  await member.shot('dispute')
  await member.tap('提交给平台')
  await expect(member.page.getByText('平台处理中')).toBeVisible()
  await member.shot('escalated')
  await member.open('/pages/me/index')
  await expect(member.page.getByText('退款与售后')).toBeVisible()
  await member.shot('me')
  await member.open('/pages/after/list')
  await expect(member.page.getByText('平台处理中')).toBeVisible()
  await member.shot('list')
  await staff.open('/after-sales?tab=escalated')
  await expect(staff.page.getByText('平台处理中').first()).toBeVisible()
  await staff.shot('escalated')
  await staff.open('/after-sale-rules')
  await expect(staff.page.getByText('商家收货、发出换货')).toBeVisible()
  await staff.shot('rules')
})
