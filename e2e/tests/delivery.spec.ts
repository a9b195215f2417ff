// Local delivery: the member has it brought by the store near by in a slot; the store's rider claims it, fetches it and hands it
// over for the code; the member sees it at the door.
import { expect, test } from './people.js'

test('delivery: a slot, a rider, four digits at the door', async ({ member, staff }) => {
  const { page } = member
  await member.comeFromWeChat('13712345679')
  const token = await page.evaluate(() => JSON.parse(localStorage.getItem('hefang.session') ?? '{}').data.token as string)
  const headers = { authorization: `Bearer ${token}` }
  const address = {
    name: '顾南星', phone: '13712345679', district_code: '330102', detail: '解放路 60 号 3 幢 201 室', is_default: true,
    place: { lat: 30.2502, lng: 120.1697, system: 'gcj02' },
  }
  expect((await page.request.post('/api/v1/addresses', { data: address, headers })).ok()).toBe(true)
  await member.open('/pages/product/list?q=拍立得')
  await page.locator('.card').locator('visible=true').first().click()
  await expect(page).toHaveURL(/product\/detail/)
  await member.tap('立即购买')
  await member.chooseOptions('立即购买')
  await expect(page).toHaveURL(/checkout/)
  await member.tap('同城配送')
  await expect(page.getByText(/湖滨店/).locator('visible=true').first()).toBeVisible()
  await member.shot('checkout')
  // The first free time that is not "as soon as you can", where the sheet has one.
  await page.locator('.delivery__when').click()
  await member.shot('times')
  await page.locator('.slots__one:not(.slots__one--off)').locator('visible=true').first().click()
  await member.shot('chosen')
  await member.tap('提交订单')
  await expect(page).toHaveURL(/cashier/)
  await member.tap('用微信支付付款')
  await page.waitForURL(/sandbox\/cashier/)
  await page.getByRole('button', { name: /^支付(?!失败)/ }).click()
  await expect(page.getByText(/支付成功|付款成功|已付款/).locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
  const orders = await (await page.request.get('/api/v1/orders', { headers })).json()
  const id = orders.items[0].id as string
  await member.open(`/pages/order/detail?id=${id}`)
  await expect(page.getByText('同城配送').locator('visible=true').first()).toBeVisible()
  await member.shot('waits')

  await staff.page.setViewportSize({ width: 390, height: 844 })
  await staff.open('/deliveries')
  await staff.signIn('clerk', 'hefang-demo')
  await staff.page.waitForURL(/deliveries/)
  const card = () => staff.page.locator('article, .card, section').filter({ hasText: '顾南星' }).last()
  await expect(card()).toBeVisible()
  await staff.shot('waiting')
  await card().getByRole('button', { name: '接单' }).click()
  await staff.page.getByText('待取货').first().click()
  await card().getByRole('button', { name: '已取货，出发' }).click()
  await staff.page.getByText('配送中').first().click()
  await expect(card()).toBeVisible()
  await staff.shot('on-the-way')

  await page.reload()
  const code = (await (await page.request.get(`/api/v1/orders/${id}`, { headers })).json()).local.code as string
  expect(code).toMatch(/^\d{4}$/)
  await expect(page.getByText(code).locator('visible=true').first()).toBeVisible()
  await member.shot('on-the-way')
  await card().getByRole('button', { name: '送达' }).click()
  await staff.page.getByLabel('收货码').fill(code)
  await staff.shot('code')
  await staff.page.getByRole('button', { name: '确认送达' }).click()
  await expect(staff.page.getByText('已送达，辛苦了').first()).toBeVisible()

  await page.reload()
  await expect(page.getByText(/已完成/).locator('visible=true').first()).toBeVisible()
  await member.shot('delivered')
})
