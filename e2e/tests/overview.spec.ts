// The overview of the back office counts what a shopper just did, explains each number and leads to the rows behind it.
import { expect, test } from './people.js'

test('overview a visit and a cart show in the funnel, numbers explain themselves and lead on', async ({ member, staff }) => {
  test.setTimeout(240_000)
  await member.open('/pages/home/index')
  const products = await (await member.page.request.get('/api/v1/products?limit=1')).json()
  await member.open(`/pages/product/detail?id=${products.items[0].id}`)
  const told = member.page.waitForResponse((answer) => answer.url().endsWith('/api/v1/events'))
  await expect(member.page.getByText('加入购物车').locator('visible=true').first()).toBeVisible()
  await member.tap('加入购物车')
  await member.chooseOptions('加入购物车')
  expect((await told).status()).toBe(204)

  const { page } = staff
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  const visitors = page.locator('.funnel li').first().locator('b')
  await expect
    .poll(
      async () => {
        await page.getByRole('button', { name: '刷新' }).click()
        return Number(await visitors.textContent())
      },
      { timeout: 150_000, intervals: [3_000] },
    )
    .toBeGreaterThanOrEqual(1)
  await staff.shot('today')
  await page.locator('.figure-card .el-icon').first().hover()
  await expect(page.getByText('今天付款成功的订单实付金额之和')).toBeVisible()
  await staff.shot('meaning')
  await page.getByText('30 天', { exact: true }).click()
  await expect(page.getByRole('img', { name: '近 30 天每天的销售额曲线' })).toBeVisible()
  await page.mouse.move(700, 450)
  await staff.shot('days')
  await page.locator('.todos a').filter({ hasText: '待发货' }).click()
  await expect(page).toHaveURL(/\/orders\?state=to_ship/)
  await staff.shot('rows')
  await staff.open('/')
  await page.getByText('30 天', { exact: true }).click()
  const curve = page.getByRole('img', { name: '近 30 天每天的销售额曲线' })
  await expect(curve.locator('svg')).toBeVisible()
  const box = (await curve.boundingBox())!
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await expect(page).toHaveURL(/\/orders\?.*paid_from=/)
  await expect(page.getByText('只看付款时间')).toBeVisible()
  await staff.shot('paid-on')
})
