// At the counter: a member shows a code, three things are sold with a coupon and points, the receipt is printed, one thing
// comes back. And a sale while the network is gone, told when it is back.
import { type APIRequestContext, type Member, type Staff, expect, test } from './people.js'

const PHONE = '13577770001'

interface Goods {
  name: string
  barcode: string
  price_fen: number
  available: number
}

const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',')}`

/** The member's code as their phone shows it, with the session it was asked under. */
async function showCode(member: Member): Promise<{ code: string; authorization: string }> {
  const asked = member.page.waitForResponse((answer) => answer.url().endsWith('/me/member-code') && answer.ok())
  await member.open('/pages/member/code')
  const answer = await asked
  await expect(member.page.locator('.qr__image img')).toBeVisible()
  await member.shot('code')
  const { code } = (await answer.json()) as { code: string }
  return { code, authorization: (await answer.request().allHeaders())['authorization'] ?? '' }
}

/** A coupon out of the centre, and points from the shop. */
async function gifts(request: APIRequestContext, authorization: string): Promise<void> {
  const headers = { authorization }
  const centre = (await (await request.get('/api/v1/coupons', { headers })).json()) as { template_id: string; source: string }[]
  const took = await Promise.all(
    centre.map(({ template_id, source }) => request.post(`/api/v1/coupons/${template_id}/take`, { headers, data: { source } })),
  )
  expect(took.some((answer) => answer.ok())).toBe(true)
  const me = (await (await request.get('/api/v1/me', { headers })).json()) as { id: string }
  const session = { username: 'admin', password: 'hefang-demo' }
  const owner = (await (await request.post('/admin/v1/session', { data: session })).json()) as { token: string }
  const boss = { authorization: `Bearer ${owner.token}`, 'idempotency-key': `gift-${me.id}` }
  const points = { account: 'points', amount: 3_000, reason: '开业礼' }
  expect((await request.post(`/admin/v1/members/${me.id}/adjustments`, { headers: boss, data: points })).ok()).toBe(true)
}

/** What lies on the shelf of the clerk's store, cheapest first. */
async function shelf(staff: Staff): Promise<Goods[]> {
  const authorization = `Bearer ${await staff.page.evaluate(() => localStorage.getItem('hefang.admin.token'))}`
  const [shift] = (await (await staff.page.request.get('/admin/v1/counter/my-shifts', { headers: { authorization } })).json()) as [
    { store_id: string },
  ]
  const list = await staff.page.request.get(`/admin/v1/counter/prices?store_id=${shift.store_id}`, { headers: { authorization } })
  const { items } = (await list.json()) as { items: Goods[] }
  return items.filter((one) => one.available > 2 && one.barcode).sort((a, b) => a.price_fen - b.price_fen)
}

async function atTheTill(staff: Staff): Promise<void> {
  // Printing is a dialog of the browser: what would stand on the paper is kept instead.
  await staff.page.addInitScript(() => {
    window.print = () => Object.assign(window, { printed: document.querySelector<HTMLElement>('.receipt')?.innerText })
  })
  await staff.open('/counter')
  await staff.signIn('clerk', 'hefang-demo')
  await expect(staff.page.getByLabel('扫描商品、会员码或付款码')).toBeVisible()
}

async function scan(staff: Staff, text: string): Promise<void> {
  const field = staff.page.getByLabel('扫描商品、会员码或付款码')
  await field.fill(text)
  await field.press('Enter')
}

test('counter: three things with a coupon and points are sold, printed, and one comes back', async ({ member, staff }) => {
  await Promise.all([
    (async () => {
      await member.open('/pages/sign-in/index')
      await member.signIn(PHONE)
      await expect(member.page).not.toHaveURL(/sign-in/)
    })(),
    atTheTill(staff),
  ])
  const { code, authorization } = await showCode(member)
  await gifts(member.page.request, authorization)

  const { page } = staff
  const dear = (await shelf(staff)).filter((one) => one.price_fen >= 10_000)
  const [first, second] = [dear[0]!, dear[1]!]
  await scan(staff, first.barcode)
  await scan(staff, first.barcode)
  await scan(staff, second.barcode)
  await expect(page.locator('.lines li')).toHaveCount(2)
  await scan(staff, code)
  await expect(page.locator('.buyer')).toContainText('积分 3')
  await expect(page.locator('.buyer .coupons .is-checked').first()).toBeVisible()
  await page.getByText('积分抵扣').click()
  await expect(page.locator('.buyer .points .off')).toBeVisible()
  await staff.shot('basket')
  const coupon = await page.locator('.buyer .coupons li').filter({ has: page.locator('.off') }).first().innerText()
  const points = await page.locator('.buyer .points .off').innerText()
  const due = await page.locator('[data-due]').innerText()

  await page.keyboard.press('F9')
  const given = page.getByLabel('收到现金')
  await expect(given).toBeFocused()
  const note = page.locator('.quick .el-button').last()
  await note.click()
  await expect(page.locator('.change')).toContainText('找零')
  await staff.shot('pay')
  await page.getByRole('button', { name: /完成收款/ }).click()
  await expect(page.getByText(`收款完成 ${due}`)).toBeVisible()
  await page.keyboard.press('F8')
  const printed = await page.evaluate(() => (window as Window & { printed?: string }).printed ?? '')
  const flat = printed.replace(/\s+/g, ' ')
  for (const words of ['湖滨店', first.name, second.name, `${yuan(first.price_fen)} × 2`, `应收 ${due}`, '现金', '积分', points]) {
    expect(flat).toContain(words)
  }
  expect(flat).toContain(coupon.split('\n')[0]!.trim())
  await staff.shot('receipt')

  const number = /单号 (\d+)/.exec(printed)?.[1] ?? ''
  await scan(staff, `HR1.${number}`)
  await expect(page.getByLabel(`退${first.name}的件数`)).toBeVisible()
  await page.locator('.rows li').filter({ hasText: first.name }).locator('.el-input-number__increase').click()
  await staff.shot('return')
  await page.getByRole('button', { name: /^退款 ¥/ }).click()
  await expect(page.getByText('退给顾客现金')).toBeVisible()
  await staff.shot('returned')

  await member.open(`/pages/order/detail?id=${number}`)
  await expect(member.page.getByText('门店小票')).toBeVisible()
  await member.shot('order')
})

test('counter-offline: what is sold without a network is told once when it is back', async ({ staff }) => {
  await atTheTill(staff)
  const { page } = staff
  const [thing] = await shelf(staff)
  await expect.poll(() => page.evaluate(() => localStorage.getItem('hefang.admin.counter.prices')?.length ?? 0)).toBeGreaterThan(2)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await expect(page.getByText('没有网络 · 离线收银')).toBeVisible()
  // The tablet is switched off and on again: the till opens from what it kept.
  await page.reload()
  await expect(page.getByText('没有网络 · 离线收银')).toBeVisible()
  await scan(staff, thing!.barcode)
  await expect(page.locator('[data-due]')).toHaveText(yuan(thing!.price_fen))
  await page.keyboard.press('F9')
  await page.getByRole('button', { name: /完成收款/ }).click()
  await expect(page.locator('.queue')).toContainText('等待上传')
  await staff.shot('waiting')
  await page.context().setOffline(false)
  await expect(page.locator('.queue li').first()).toContainText('已上传', { timeout: 40_000 })
  await staff.shot('told')

  // The next one reaches the server, and its answer is lost on the way back.
  const left = async () => (await shelf(staff)).find((one) => one.barcode === thing!.barcode)!.available
  const before = await left()
  await page.route('**/admin/v1/counter/sales', async (route) => {
    await route.fetch()
    await route.abort()
  }, { times: 1 })
  // F9 is pressed while the price is on its way.
  await page.route('**/admin/v1/counter/quote', async (route) => {
    await expect(page.locator('.lines li')).toHaveCount(1)
    await page.keyboard.press('F9')
    await route.continue()
  }, { times: 1 })
  await scan(staff, thing!.barcode)
  await page.getByRole('button', { name: /完成收款/ }).click()
  await expect(page.locator('.queue')).toContainText('不会重复收款')
  await staff.shot('silent')
  await page.getByRole('button', { name: '现在上传' }).click()
  await expect(page.locator('.queue li').nth(1)).toContainText('已上传')
  expect(await left()).toBe(before - 1)
  await staff.shot('found')
})

test('counter-day: a store ends its day, not while a shift is open, and takes it back with a reason', async ({ staff }) => {
  const { page } = staff
  await staff.open('/counter/settlement')
  await staff.signIn('admin', 'hefang-demo')
  const choose = async (store: RegExp): Promise<void> => {
    await page.locator('.el-select').filter({ hasNot: page.locator('.is-disabled') }).first().click()
    await page.getByRole('option', { name: store }).click()
  }
  const end = page.getByLabel('日结', { exact: true })
  await choose(/湖滨/)
  await expect(end).toContainText('还有班次没有交班')
  await staff.shot('open-shift')
  await choose(/武林/)
  await end.getByLabel('缴存银行').fill('1')
  await expect(end.getByRole('button', { name: '完成日结' })).toBeDisabled()
  await end.getByLabel('缴存银行').fill('0')
  await end.getByLabel('备注').fill('今天没有营业')
  await staff.shot('before')
  await end.getByRole('button', { name: '完成日结' }).click()
  await expect(end).toContainText('已日结')
  await expect(page.locator('.closed-days tbody tr')).toHaveCount(1)
  await staff.shot('closed')
  await end.getByRole('button', { name: '撤销日结' }).click()
  const asked = page.getByRole('dialog', { name: '撤销日结' })
  await asked.getByRole('button', { name: '撤销日结' }).click()
  await expect(asked).toContainText('请写明原因')
  await asked.getByRole('textbox').fill('还要补一笔')
  await asked.getByRole('button', { name: '撤销日结' }).click()
  await expect(end.getByRole('button', { name: '完成日结' })).toBeVisible()
})
