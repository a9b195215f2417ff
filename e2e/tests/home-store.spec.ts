// Whose member: a clerk shows a code, a visitor comes by it, signs in and buys; the clerk sees the member and the sale, and
// the owner moves the member with a reason, and those of a clerk who left together.
import { type Member, type Staff, expect, test } from './people.js'

const PHONE = '13577770121'
const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',')}`

/** Opens the link as scanned, looks around, and signs in when the mall has noted who invited. */
async function follow(member: Member, link: string): Promise<void> {
  const { page } = member
  const noted = page.waitForResponse((answer) => answer.url().endsWith('/home-invites/open'))
  await page.goto(link)
  expect((await noted).ok()).toBe(true)
  await expect(page.getByText('店主推荐').first()).toBeVisible()
  await member.open('/pages/sign-in/index')
  await member.signIn(PHONE)
  await expect(page).not.toHaveURL(/sign-in/)
  await member.open('/pages/me/index')
  await expect(page.getByText('湖滨店 · 小林').locator('visible=true').first()).toBeVisible()
  await member.shot('me')
  await member.open('/pages/member/code')
  await expect(page.getByText('您的专属门店 · 小林为您服务')).toBeVisible()
  await expect(page.locator('.qr__image img')).toBeVisible()
  await member.shot('code')
}

/** Buys something to fetch and pays; answers what it cost. */
async function buy(member: Member): Promise<number> {
  const { page } = member
  await member.open('/pages/product/list?q=拍立得')
  await page.locator('.card').locator('visible=true').first().click()
  await expect(page).toHaveURL(/product\/detail/)
  await member.tap('立即购买')
  await member.chooseOptions('立即购买')
  await expect(page).toHaveURL(/checkout/)
  await member.tap('到店自提')
  await page.locator('.stores__one').filter({ hasText: '湖滨店' }).first().click()
  await expect(page.getByText('湖滨店').locator('visible=true').first()).toBeVisible()
  const placed = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/orders') && answer.ok())
  await member.tap('提交订单')
  const { total_fen } = (await (await placed).json()) as { total_fen: number }
  await expect(page).toHaveURL(/cashier/)
  await member.tap('用微信支付付款')
  await page.waitForURL(/sandbox\/cashier/)
  await page.getByRole('button', { name: /^支付(?!失败)/ }).click()
  await expect(page.getByText(/支付成功|付款成功|已付款/).locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
  return total_fen
}

async function figures(staff: Staff): Promise<string> {
  return staff.page.locator('.figure-cards').innerText()
}

test('home: a clerk wins a visitor by a code, sees the sale, and the owner moves the member', async ({ member, staff }) => {
  const { page } = staff
  await staff.open('/my-members')
  await staff.signIn('clerk', 'hefang-demo')
  await expect(page.getByRole('img', { name: '邀请二维码' })).toBeVisible()
  await expect(page.locator('.members li').first()).toBeVisible()
  const link = await page.locator('[data-invite-link]').innerText()
  const [poster] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '下载海报' }).click()])
  expect(poster.suggestedFilename()).toMatch(/湖滨店小林邀请海报\.png$/)
  await page.getByText('小程序码', { exact: true }).click()
  await expect(page.getByAltText('邀请小程序码')).toBeVisible()
  await staff.shot('mini-code')

  await follow(member, link)
  await page.reload()
  const first = page.locator('.members li').first()
  await expect(first).toContainText('扫码邀请')
  await expect(first).toContainText('未购')
  const before = await figures(staff)
  const paid = await buy(member)
  await staff.again(() => expect(first).toContainText('已购', { timeout: 2_000 }))
  const after = await figures(staff)
  const [had, has] = [before, after].map((text) => Number(/净销售额\s*¥([\d,.]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? NaN))
  expect(yuan(Math.round((has! - had!) * 100))).toBe(yuan(paid))
  await staff.shot('mine')

  await page.evaluate(() => localStorage.clear())
  await staff.open('/homes')
  await staff.signIn('admin', 'hefang-demo')
  await expect(page.getByRole('button', { name: '湖滨店' })).toBeVisible()
  await staff.shot('report')
  await page.getByRole('button', { name: '湖滨店' }).click()
  await expect(page.getByRole('rowheader', { name: '小林' })).toBeVisible()
  await staff.shot('store')

  await staff.open(`/members?q=${PHONE}`)
  await page.locator('.data-table a').first().click()
  const home = page.locator('.figures .home')
  await expect(home).toContainText('湖滨店 · 小林')
  await home.getByRole('button', { name: '更改' }).click()
  const drawer = page.getByRole('dialog', { name: '更改归属' })
  await expect(drawer).toBeVisible()
  await drawer.locator('.el-select').first().click()
  await page.getByRole('option', { name: '武林店' }).click()
  await drawer.getByLabel('原因').fill('搬到武林广场附近住了')
  await staff.shot('move')
  await drawer.getByRole('button', { name: '更改', exact: true }).click()
  await expect(home).toContainText('武林店')
  await expect(page.locator('.timeline')).toContainText(/店主把归属改为.*武林店：搬到武林广场附近住了/)
  await staff.shot('moved')
  await member.open('/pages/member/code')
  await expect(member.page.getByText('您的专属门店', { exact: true })).toBeVisible()

  await staff.open('/staff')
  await staff.shot('left')
  await page.getByRole('link', { name: '名下还有 2 位会员' }).click()
  const batch = page.getByRole('dialog', { name: '整批转移会员' })
  await batch.getByLabel('转入导购').click()
  await page.getByRole('option', { name: '小林' }).click()
  await expect(batch.locator('.told')).toContainText(/2 位会员.*湖滨店 · 小周.*湖滨店 · 小林/)
  await batch.getByLabel('原因').fill('小周离职')
  await staff.shot('together')
  await batch.getByRole('button', { name: '转移 2 位会员' }).click()
  await page.waitForURL(/tasks/)
  await expect(page.getByText(/^2 位会员已转到.*湖滨店 · 小林$/).first()).toBeVisible()
  await staff.shot('moved-together')
  await staff.open('/homes')
  await expect(page.getByRole('button', { name: '整批转移' })).toBeVisible()
  await expect(page.getByText('名下还有')).toHaveCount(0)
})
