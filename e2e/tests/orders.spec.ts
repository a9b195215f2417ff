// The desk of the back office: find, change a price, ship in parcels, print, refund what failed, block a member. Wrong turns too.
import { mkdirSync, writeFileSync } from 'node:fs'
import { type APIRequestContext, expect, test, type Staff } from './people.js'

interface Buyer {
  phone: string
  headers: Record<string, string>
  address: string
}

let keys = 0
const key = () => ({ 'idempotency-key': `e2e-orders-${Date.now()}-${(keys += 1)}` })

/** A member made through the API, with an address. */
async function buyer(request: APIRequestContext, phone: string, name: string): Promise<Buyer> {
  await request.post('/api/v1/session/sms-code', { data: { phone } })
  let code = ''
  await expect
    .poll(async () => {
      const inbox = await (await request.get(`/sandbox/control/messages?phone=${phone}`)).json()
      return (code = inbox.items[0]?.params.code ?? '')
    })
    .toMatch(/^\d{6}$/)
  const session = await (await request.post('/api/v1/session/phone', { data: { phone, code } })).json()
  const headers = { authorization: `Bearer ${session.token}` }
  const data = { name, phone, district_code: '330102', detail: '劳动路 128 号 2 幢 301 室', is_default: true }
  const made = await request.post('/api/v1/addresses', { headers, data })
  expect(made.ok(), await made.text()).toBe(true)
  const address = (await made.json()).id
  return { phone, headers, address }
}

/** SKUs on sale whose product's name holds a word. */
async function skus(request: APIRequestContext, word: string): Promise<string[]> {
  const found = await (await request.get(`/api/v1/products?q=${encodeURIComponent(word)}&limit=5`)).json()
  const ids: string[] = []
  for (const { id } of found.items) {
    const detail = await (await request.get(`/api/v1/products/${id}`)).json()
    const sku = detail.skus.find((one: { available: number }) => one.available > 5)
    if (sku) ids.push(sku.id)
  }
  return ids
}

/** Places an order of these pieces. */
async function place(request: APIRequestContext, who: Buyer, items: [string, number][], remark?: string): Promise<string> {
  const body = {
    source: 'now',
    items: items.map(([sku_id, quantity]) => ({ sku_id, quantity })),
    delivery: { kind: 'express', address_id: who.address },
  }
  const quote = await (await request.post('/api/v1/quote', { headers: who.headers, data: body })).json()
  const data = { ...body, remark, expected_total_fen: quote.total_fen }
  const placed = await request.post('/api/v1/orders', { headers: { ...who.headers, ...key() }, data })
  expect(placed.ok(), await placed.text()).toBe(true)
  return (await placed.json()).orders[0].id
}

async function pay(request: APIRequestContext, who: Buyer, order: string): Promise<void> {
  const data = { channel: 'wechat', scene: 'native' }
  const intent = await request.post(`/api/v1/orders/${order}/pay`, { headers: { ...who.headers, ...key() }, data })
  const number = (await intent.json()).payment_id
  expect((await request.post('/sandbox/control/pay', { data: { out_trade_no: number } })).status()).toBe(204)
  await expect
    .poll(async () => (await (await request.get(`/api/v1/orders/${order}`, { headers: who.headers })).json()).status)
    .toBe('to_ship')
}

async function enter(staff: Staff, path: string): Promise<void> {
  await staff.open(path)
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL((url) => !url.pathname.includes('sign-in'))
}

const status = (staff: Staff) => staff.page.locator('.page-frame > header .status-tag')
const drawer = (staff: Staff) => staff.page.locator('.el-drawer:visible')

test('desk-find: an order is found by anything, views are kept', async ({ staff }) => {
  const { page } = staff
  const { request } = page
  const who = await buyer(request, '13911110001', '苏小晚')
  const [camera] = await skus(request, '相机')
  const order = await place(request, who, [[camera!, 1]], '请放门口')
  await pay(request, who, order)
  await enter(staff, '/orders')
  await expect(page.locator('tbody tr').first()).toBeVisible()
  await staff.shot('list')
  for (const words of [order, '13911110001', '0001', '苏小晚', '相机']) {
    await page.getByLabel('搜索订单').fill(words)
    await page.getByRole('button', { name: '查询' }).click()
    await expect(page).toHaveURL(new RegExp(`q=${encodeURIComponent(words)}`))
    await expect(page.locator('tbody').getByText(order)).toBeVisible()
  }
  // A wrong turn: nothing is found, and the way back is one press.
  await page.getByLabel('搜索订单').fill('没有这样的人')
  await page.keyboard.press('Enter')
  await expect(page.getByText('没有符合条件的订单')).toBeVisible()
  await staff.shot('nothing')
  await page.locator('.empty-face').getByRole('button', { name: '清除条件' }).click()
  await expect(page.locator('tbody').getByText(order)).toBeVisible()

  await page.getByRole('button', { name: /更多/ }).click()
  await page.getByText('有留言或备注').click()
  await expect(page).toHaveURL(/remarked=true/)
  await page.getByRole('button', { name: '保存这组条件' }).click()
  await page.getByLabel('筛选的名字').fill('有留言的')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await expect(page.locator('.saved-views .view.on')).toHaveText('有留言的')
  await staff.shot('saved-view')
  await page.getByRole('tab', { name: /待发货/ }).click()
  await expect(page.locator('.saved-views .view.on')).toHaveCount(0)
  await page.locator('.saved-views').getByRole('button', { name: '有留言的', exact: true }).click()
  await expect(page).toHaveURL(/remarked=true/)
  await expect(page).not.toHaveURL(/state=/)
  await page.reload()
  await expect(page.locator('.saved-views .view.on')).toHaveText('有留言的')

  await page.keyboard.press('Control+k')
  const field = page.locator('.quick-jump input')
  await field.fill('13911110001')
  await expect(page.locator('.quick-jump').getByText(order)).toBeVisible()
  await staff.shot('quick-jump')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`orders/${order}`))
})

test('desk-price: a price is changed before payment, within bounds, and the member sees why', async ({ staff }) => {
  const { page } = staff
  const { request } = page
  const who = await buyer(request, '13911110002', '陆知遥')
  const [first, second] = [(await skus(request, '杯'))[0], (await skus(request, '相机'))[0]]
  const order = await place(request, who, [
    [first!, 3],
    [second!, 1],
  ])
  await enter(staff, `/orders/${order}`)
  await expect(status(staff)).toHaveText('待付款')
  await staff.shot('unpaid')
  await page.getByRole('button', { name: '改价' }).click()
  const goods = drawer(staff).getByLabel('商品总价')
  const before = await goods.inputValue()
  await goods.fill('99999')
  await expect(drawer(staff).getByText('商品总价不能高于原价')).toBeVisible()
  await staff.shot('too-dear')
  // Leaving with something typed asks first.
  await page.keyboard.press('Escape')
  await expect(page.getByText('还有内容没有提交')).toBeVisible()
  await page.getByRole('button', { name: '先不' }).click()
  await goods.fill(String(Number(before) - 10.01))
  await drawer(staff).getByRole('button', { name: '老顾客优惠' }).click()
  await expect(drawer(staff).locator('.result')).toContainText('减 ¥10.01')
  await staff.shot('price')
  await drawer(staff).getByRole('button', { name: /改为/ }).click()
  await expect(page.locator('.order-money')).toContainText('老顾客优惠')
  await expect(page.locator('.order-timeline')).toContainText('商家改价')
  await staff.shot('changed')
  const seen = await (await request.get(`/api/v1/orders/${order}`, { headers: who.headers })).json()
  expect(seen.price_changes[0].before_fen - seen.total_fen).toBe(1001)
  await pay(request, who, order)
  await page.reload()
  await expect(status(staff)).toHaveText('待发货')
  await expect(page.getByRole('button', { name: '改价' })).toHaveCount(0)
})

test('desk-ship: an order goes in two parcels, sheets are printed', async ({ staff }) => {
  const { page } = staff
  const { request } = page
  const who = await buyer(request, '13911110003', '江一舟')
  const [cup] = await skus(request, '杯')
  const [camera] = await skus(request, '相机')
  const order = await place(request, who, [
    [cup!, 3],
    [camera!, 1],
  ])
  await pay(request, who, order)
  const other = await place(request, who, [[cup!, 2]], '尽快发')
  await pay(request, who, other)
  await enter(staff, '/orders?state=to_ship')
  for (const id of [order, other]) await page.locator(`tbody tr:has-text("${id}") .el-checkbox`).first().click()
  await expect(page.locator('.bulk-bar')).toContainText('已选 2 条')
  await staff.shot('chosen')
  const [sheets] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('button', { name: '打印拣货单' }).click()])
  await expect(sheets.locator('.pick-list')).toContainText('2 个订单')
  await expect(sheets.locator('.pick-list')).toContainText('6 件')
  mkdirSync('test-results/shots', { recursive: true })
  const paper = async (name: string) => {
    const pdf = await sheets.pdf({ preferCSSPageSize: true })
    writeFileSync(`test-results/shots/${name}.pdf`, pdf)
    expect(pdf.length).toBeGreaterThan(5_000)
  }
  await sheets.screenshot({ path: 'test-results/shots/desk-ship-pick-screen.png' })
  await paper('pick-a4')
  await sheets.getByText('标签 100 mm').click()
  await expect(sheets).toHaveURL(/paper=label/)
  await paper('pick-label')
  await sheets.getByText('发货单', { exact: true }).click()
  await expect(sheets.locator('.packing-slip')).toHaveCount(2)
  await paper('slip-label')
  await sheets.getByText('A4').click()
  await paper('slip-a4')
  await sheets.close()

  await page.locator(`tbody tr:has-text("${order}")`).getByRole('button', { name: '发货' }).click()
  const ship = drawer(staff)
  await expect(ship.getByText('江一舟')).toBeVisible()
  await ship.getByLabel(/的数量/).first().fill('2')
  await ship.getByRole('button', { name: '再加一个包裹' }).click()
  await ship.getByPlaceholder('扫描或输入面单上的号码').nth(0).fill('SF1472009001')
  await ship.getByPlaceholder('扫描或输入面单上的号码').nth(1).fill('sf1472009001')
  await expect(ship.getByText('两个包裹的运单号相同')).toBeVisible()
  await ship.getByPlaceholder('扫描或输入面单上的号码').nth(1).fill('SF1472009002')
  await staff.shot('two-parcels')
  await ship.getByRole('button', { name: /发出/ }).click()
  await expect(ship).toBeHidden()
  await staff.open(`/orders/${order}`)
  await expect(status(staff)).toHaveText('已发货')
  await expect(page.getByText('SF1472009002').first()).toBeVisible()
  await staff.shot('shipped')
})

test('desk-refund: a refund that failed is asked for again, then settled by hand', async ({ staff }) => {
  const { page } = staff
  const { request } = page
  const who = await buyer(request, '13911110004', '白露')
  const [camera] = await skus(request, '相机')
  const order = await place(request, who, [[camera!, 1]])
  await pay(request, who, order)
  const fault = (on: boolean) => request.post('/sandbox/control/switch', { data: { fault: 'refund_abnormal', on } })
  await fault(true)
  await enter(staff, `/orders/${order}`)
  await page.getByRole('button', { name: '退款' }).click()
  await drawer(staff).getByRole('button', { name: '缺货' }).click()
  await staff.shot('refund')
  await drawer(staff).getByRole('button', { name: /^退款 / }).click()
  await expect(status(staff)).toHaveText('已关闭')
  await expect
    .poll(async () => (await (await request.get(`/api/v1/orders/${order}`, { headers: who.headers })).json()).refunds[0].status, { timeout: 60_000 })
    .toBe('failed')
  await fault(false)
  await staff.open('/refunds')
  const row = page.locator(`tbody tr:has-text("${order}")`)
  await expect(row).toContainText('退款账户异常')
  await staff.shot('failed')
  await row.getByRole('button', { name: '重新请求' }).click()
  await expect(page.locator('.el-message-box')).toContainText('不会重复退款')
  await page.locator('.el-message-box').getByRole('button', { name: '重新请求' }).click()
  await staff.again(() => expect(row.getByRole('button', { name: '登记' })).toHaveCount(1, { timeout: 2_000 }))
  await row.getByRole('button', { name: '登记' }).click()
  await expect(drawer(staff).getByRole('button', { name: /确认已退/ })).toBeDisabled()
  await drawer(staff).locator('textarea').fill('转到尾号 6677 的储蓄卡')
  await staff.shot('settle')
  await drawer(staff).getByRole('button', { name: /确认已退/ }).click()
  await expect(row).toHaveCount(0)
  await page.getByRole('tab', { name: '已退款' }).click()
  await expect(row).toContainText('银行转账：转到尾号 6677')
  await staff.shot('settled')
  const seen = await (await request.get(`/api/v1/orders/${order}`, { headers: who.headers })).json()
  expect(seen.refunds[0]).toMatchObject({ status: 'done', settled_by: 'bank' })
  await staff.open('/shipping-uploads')
  await expect(page.getByText('没有同步失败的订单')).toBeVisible()
  await staff.shot('uploads')
})

test('desk-member: a member is looked at, blocked and let in again', async ({ staff }) => {
  const { page } = staff
  const { request } = page
  const who = await buyer(request, '13911110005', '秦川')
  const [camera] = await skus(request, '相机')
  const order = await place(request, who, [[camera!, 1]])
  await pay(request, who, order)
  await enter(staff, '/members')
  const rows = page.locator('.data-table tbody tr')
  await page.getByLabel('搜索会员').fill('0005')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/q=0005/)
  await expect(rows.filter({ hasText: '139****0005' })).toHaveCount(1)
  await page.getByLabel('搜索会员').fill('13911110005')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/q=13911110005/)
  await expect(rows).toHaveCount(1)
  await staff.shot('members')
  await rows.locator('a').first().click()
  await expect(page).toHaveURL(/members\/\d+/)
  await expect(page.getByText(order)).toBeVisible()
  await expect(page.getByText(/劳动路.*\*\*\*\*/).first()).toBeVisible()
  await expect(page.locator('body')).not.toContainText('13911110005')
  await staff.shot('profile')
  await page.locator('.page-frame > header').getByRole('button', { name: '停用账号' }).click()
  await expect(drawer(staff)).toContainText('已付款的')
  await drawer(staff).getByRole('button', { name: '恶意下单' }).click()
  await staff.shot('block')
  await drawer(staff).getByRole('button', { name: '停用账号' }).click()
  await expect(status(staff)).toHaveText('已停用')
  expect((await request.get('/api/v1/orders', { headers: who.headers })).status()).toBe(401)
  await page.locator('.page-frame > header').getByRole('button', { name: '恢复账号' }).click()
  await drawer(staff).getByRole('button', { name: '已与会员沟通' }).click()
  await drawer(staff).getByRole('button', { name: '恢复账号' }).click()
  await expect(status(staff)).toHaveText('正常')
  await expect(page.locator('.timeline')).toContainText('停用账号：恶意下单')
  await staff.shot('let-in')
  await staff.open('/reviews?rating=5')
  await expect(page.locator('article').first()).toBeVisible()
  await staff.shot('reviews')
})

test('desk-files: tracking numbers come in by a file, the filtered list goes out', async ({ staff }) => {
  const { page } = staff
  const { request } = page
  const who = await buyer(request, '13911110006', '温如言')
  const [cup] = await skus(request, '杯')
  const orders: string[] = []
  for (let i = 0; i < 2; i += 1) {
    const order = await place(request, who, [[cup!, 1]])
    await pay(request, who, order)
    orders.push(order)
  }
  await enter(staff, '/ship-file')
  const upload = (text: string) =>
    page.getByLabel('选择发货文件').setInputFiles({ name: '发货.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
  // A wrong turn: a file without the columns is refused in words.
  await upload('编号\n1\n')
  await expect(page.locator('.failure-note')).toContainText('订单号')
  await staff.shot('no-column')
  await upload(`订单号,快递公司,运单号\n${orders[0]},顺丰,SF5550000001\n${orders[1]},飞毛腿,SF5550000002\n9,顺丰,SF5550000003\n`)
  await expect(page.locator('.report')).toContainText('可以发货 1 单')
  await expect(page.locator('.report tbody tr')).toHaveCount(2)
  await staff.shot('checked')
  await page.getByRole('button', { name: '发出 1 单' }).click()
  await expect(page).toHaveURL(/tasks\/\d+/)
  await expect(page.getByText('文件里能发的订单都已发货').first()).toBeVisible({ timeout: 60_000 })
  await staff.shot('task')
  await staff.open(`/orders/${orders[0]}`)
  await expect(status(staff)).toHaveText('已发货')

  await staff.open('/orders?q=13911110006')
  await page.getByRole('button', { name: '导出' }).click()
  await page.getByText('文本文件（CSV）').click()
  await expect(page.locator('.el-message-box')).toContainText('完整的收货人信息')
  await page.getByRole('button', { name: '开始导出' }).click()
  await expect(page).toHaveURL(/tasks\/\d+/)
  await expect(page.getByText('导出了 2 个订单').first()).toBeVisible({ timeout: 60_000 })
  await staff.shot('exported')
})
