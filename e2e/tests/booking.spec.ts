// Booking a service: the member pays a deposit, moves the booking, and shows its code; the clerk checks in, begins and ends.
import type { APIRequestContext } from '@playwright/test'
import { expect, test } from './people.js'

const DESK = { width: 1440, height: 900 }

const OF_A_STORE = ['name', 'district_code', 'address', 'lat', 'lng', 'phone', 'notice', 'status', 'picture_key', 'picture_keys', 'services', 'delivery_area', 'ships', 'special_days']

/** The story is told at any hour: the stores do not close, and the service may be moved until it begins. Answers how it was. */
async function always(request: APIRequestContext, url: string): Promise<() => Promise<void>> {
  const ask = async (method: 'get' | 'post' | 'put', path: string, data?: object, token = '') => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
    const answer = await request[method](`${url}${path}`, { data, headers })
    expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBe(true)
    return answer.json()
  }
  const { token } = await ask('post', '/admin/v1/session', { username: 'admin', password: 'hefang-demo' })
  const hours = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, open: '00:00', close: '24:00' }))
  const before: [string, object][] = []
  for (const store of await ask('get', '/admin/v1/stores', undefined, token)) {
    const input = Object.fromEntries(OF_A_STORE.filter((name) => name in store).map((name) => [name, store[name]]))
    before.push([`/admin/v1/stores/${store.id}`, { ...input, hours: store.hours }])
    await ask('put', `/admin/v1/stores/${store.id}`, { ...input, hours }, token)
  }
  const services = await ask('get', '/admin/v1/booking-services', undefined, token)
  const planting = services.items.find((one: { input: { name: string } }) => one.input.name === '多肉组盆手作')
  before.push([`/admin/v1/booking-services/${planting.id}`, planting.input])
  await ask('put', `/admin/v1/booking-services/${planting.id}`, { ...planting.input, free_hours: 0, lead_minutes: 0 }, token)
  return async () => {
    for (const [path, input] of before) await ask('put', path, input, token)
  }
}

test('booking: a deposit, another time, and checking in', async ({ member, staff, baseURL, request }) => {
  const { page } = member
  const asBefore = await always(request, baseURL ?? '')
  await member.comeFromWeChat('13712340110')
  await member.open('/pages/booking/list')
  await expect(page.getByText('多肉组盆手作').locator('visible=true').first()).toBeVisible()
  await member.shot('services')
  await member.tap('多肉组盆手作')
  const free = page.locator('.times__one:not(.times__one--full)')
  await expect(page.locator('.times__grid, .times__none').first()).toBeVisible()
  // Who comes more than twelve hours early is not let in: today while there is enough of it, else early tomorrow.
  const ahead = (new Date().getUTCHours() + 8) % 24 < 15 ? 0 : 1
  await page.locator('.times__day').nth(ahead).click()
  await free.first().click()
  await member.shot('service')
  await member.tap('付定金预约')
  await expect(page).toHaveURL(/cashier/)
  await member.tap('用微信支付付款')
  await page.waitForURL(/sandbox\/cashier/)
  await page.getByRole('button', { name: /^支付(?!失败)/ }).click()
  await expect(page.getByText(/支付成功|付款成功|已付款/).locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
  await member.open('/pages/booking/mine')
  await member.shot('mine')
  await member.tap('多肉组盆手作')
  await expect(page.locator('.code__digits')).toBeVisible()
  const before = await page.locator('.what__time').innerText()
  await member.shot('code')
  await member.tap('改时间')
  await expect(page.locator('.times__grid, .times__none').first()).toBeVisible()
  await page.locator('.times__day').nth(ahead).click()
  await free.nth(1).click()
  await member.shot('move')
  await member.tap('改到这个时间')
  await expect(page.locator('.what__time')).not.toHaveText(before)
  const code = (await page.locator('.code__digits').innerText()).replaceAll(/\s/g, '')
  expect(code).toMatch(/^\d{12}$/)

  await staff.open('/redeem')
  await staff.signIn('clerk', 'hefang-demo')
  await staff.page.waitForURL(/redeem/)
  await staff.page.fill('#redeem-code', code)
  await staff.page.keyboard.press('Enter')
  await expect(staff.page.locator('.booked')).toBeVisible()
  await staff.shot('preview')
  await staff.page.click('button:has-text("确认到店")')
  await expect(staff.page.locator('.finished')).toBeVisible()
  await staff.open('/bookings')
  if (ahead) await staff.page.getByRole('button', { name: '后一天' }).click()
  await expect(staff.page.locator('article').first()).toBeVisible()
  await staff.page.setViewportSize(DESK)
  await staff.shot('board')
  await staff.page.setViewportSize({ width: 390, height: 844 })
  await staff.shot('board-phone')

  await page.reload()
  await expect(page.getByText('已到店').locator('visible=true').first()).toBeVisible()
  await asBefore()
})
