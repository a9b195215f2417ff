// A campaign from the form to the register: staff write a promotion, a coupon with codes and a limited-time price and see
// their worst cases; a member meets all three, chooses another coupon, pays, and exchanges points; staff see what was used.
import { type Member, type Staff, expect, test } from './people.js'

const CAMERA = '老式折叠皮腔相机'

const pad = (n: number): string => String(n).padStart(2, '0')
const wallClock = (days: number): string => {
  const at = new Date(Date.now() + days * 86_400_000 + 8 * 3_600_000)
  return `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())} ${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`
}

async function field(staff: Staff, label: string, value: string): Promise<void> {
  const item = staff.page.locator('.el-form-item', { has: staff.page.locator(`.el-form-item__label:text-is("${label}")`) })
  const input = item.locator('input').locator('visible=true').first()
  await input.fill(value)
  if (value.includes(':')) await input.press('Enter')
}

async function publish(staff: Staff, shot: string): Promise<void> {
  await staff.page.click('button:has-text("保存并看最坏情况")')
  await expect(staff.page.locator('.el-drawer:visible .figure').first()).toBeVisible()
  await staff.shot(shot)
  await staff.page.click('button:has-text("我已了解，发布")')
}

async function chooseSku(staff: Staff, within: string, name: string): Promise<void> {
  const picker = staff.page.locator(`${within} .el-select input`).last()
  await picker.click()
  await picker.fill(name)
  await staff.page.locator('.el-select-dropdown:visible .el-select-dropdown__item').filter({ hasText: name }).first().click()
}

async function seen(member: Member, words: string | RegExp): Promise<void> {
  await expect(member.page.getByText(words).locator('visible=true').first()).toBeVisible()
}

test('campaign: written, worst case seen, published, met, chosen, paid, counted', async ({ member, staff }) => {
  test.setTimeout(400_000)
  await staff.open('/promotions')
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL(/promotions/)
  await expect(staff.page.getByText('满减季').first()).toBeVisible()
  await staff.shot('promotions')

  await staff.page.click('text=新建促销')
  await staff.page.getByPlaceholder(/给自己看的名字/).fill('摄影节满减')
  await staff.page.locator('.step input').nth(0).fill('300')
  await staff.page.locator('.step input').nth(1).fill('60')
  await field(staff, '总预算', '2000')
  await field(staff, '组', '摄影节')
  await staff.shot('promotion-form')
  await publish(staff, 'promotion-worst-case')
  await staff.page.waitForURL(/promotions$/)
  await expect(staff.page.getByRole('link', { name: '摄影节满减' })).toBeVisible()

  await staff.open('/coupons/new')
  await staff.page.getByPlaceholder(/会员看到的名字/).fill('摄影 50 元券')
  await field(staff, '满多少元可用', '200')
  await field(staff, '减多少', '50')
  await field(staff, '总量', '100')
  await staff.page.getByText('兑换码', { exact: true }).click()
  await staff.page.getByText('分享链接', { exact: true }).click()
  await staff.shot('coupon-form')
  await publish(staff, 'coupon-worst-case')
  await staff.page.waitForURL(/coupons$/)
  await expect(staff.page.getByRole('link', { name: '摄影 50 元券' })).toBeVisible()
  await staff.shot('coupons')
  await staff.page.locator('article').filter({ hasText: '摄影 50 元券' }).getByText('兑换码', { exact: true }).click()
  const codes = staff.page.locator('.el-drawer:visible')
  await codes.getByPlaceholder(/春季地推/).fill('影展现场')
  await codes.getByRole('button', { name: '生成' }).click()
  await expect(codes.getByText('100 个，已兑换 0')).toBeVisible()
  await staff.shot('codes')

  await staff.open('/limited-sales/new')
  await staff.page.getByPlaceholder(/会员看到的名字/).fill('周末限时')
  await field(staff, '开始', wallClock(-1))
  await field(staff, '结束', wallClock(2))
  await chooseSku(staff, '.page-frame', CAMERA)
  await staff.page.getByLabel('限时价').locator('visible=true').first().fill('300')
  await staff.page.getByLabel('活动数量').locator('visible=true').first().fill('20')
  await staff.page.getByLabel('每人限购').locator('visible=true').first().fill('2')
  await staff.shot('limited-form')
  await publish(staff, 'limited-worst-case')
  await staff.page.waitForURL(/limited-sales$/)
  await expect(staff.page.getByRole('link', { name: '周末限时' })).toBeVisible()
  await staff.shot('limited')

  await staff.open('/preview')
  await staff.page.locator('.step input').nth(0).fill('200')
  await staff.page.locator('.step input').nth(1).fill('30')
  await staff.page.getByRole('button', { name: '计算' }).click()
  await expect(staff.page.getByText('满200减30').first()).toBeVisible()
  await staff.shot('preview')
  await staff.open('/points-mall')
  await expect(staff.page.getByText('积分换 10 元券').first()).toBeVisible()
  await staff.shot('points-mall')
  await staff.page.getByRole('button', { name: '上架兑换品' }).click()
  await staff.shot('points-item')

  const { page } = member
  await member.open('/pages/sign-in/index')
  await member.signIn('13712340001')
  await page.waitForURL((url) => !url.hash.includes('sign-in'))
  await member.open('/pages/offer/limited')
  await seen(member, '周末限时')
  await seen(member, /距结束/)
  await member.shot('limited')
  await member.open('/pages/offer/centre')
  await seen(member, '摄影 50 元券')
  await member.shot('centre')
  await page.getByRole('button', { name: /摄影 50 元券，领取/ }).click()
  await page.getByRole('button', { name: /新人 20 元券，领取/ }).click()
  await expect(page.getByText('已领取').locator('visible=true')).toHaveCount(2)
  await member.open('/pages/offer/mine')
  await seen(member, '新人 20 元券')
  await member.shot('my-coupons')

  await member.open('/pages/product/list?q=皮腔')
  await seen(member, '限时购')
  await member.shot('list')
  await page.locator('.card').locator('visible=true').first().click()
  await seen(member, '满300减60')
  await seen(member, /距结束/)
  await member.shot('detail')
  await member.tap('加入购物车')
  await member.chooseOptions('加入购物车')
  await member.open('/pages/cart/index')
  await seen(member, '满300减60')
  await member.shot('cart')
  await member.tap(/去结算|结算/)
  await expect(page).toHaveURL(/checkout/)
  await member.tap('到店自提')
  await page.locator('.stores__one').filter({ hasText: '湖滨店' }).first().click()
  // 328 at 300, less 60, less the better coupon's 50.
  await seen(member, '已减 ¥50.00')
  await expect(page.locator('.pay').getByLabel('¥190.00')).toBeVisible()
  await member.shot('checkout')
  await page.getByText('优惠券', { exact: true }).locator('visible=true').first().click()
  await seen(member, '用最优惠的组合')
  await member.shot('coupon-sheet')
  await page.locator('.coupons__row').filter({ hasText: '新人 20 元券' }).click()
  await seen(member, '已减 ¥20.00')
  await page.getByLabel('关闭').locator('visible=true').first().click()
  await expect(page.locator('.pay').getByLabel('¥220.00')).toBeVisible()
  await member.shot('overridden')
  await member.tap('提交订单')
  await expect(page).toHaveURL(/cashier/)
  await member.tap('用微信支付付款')
  await page.waitForURL(/sandbox\/cashier/)
  await page.getByRole('button', { name: /^支付(?!失败)/ }).click()
  await page.waitForURL(/pages\/checkout\/(result|cashier)/)
  await seen(member, '支付成功')
  await member.shot('paid')

  for (const [path, text, name] of [
    ['/promotions', '1 单', 'promotion-used'],
    ['/limited-sales', '已售 1 件', 'limited-sold'],
    ['/coupons', '已用 1', 'coupon-used'],
  ]) {
    await staff.open(path!)
    await expect(staff.page.getByText(text!).first()).toBeVisible()
    await staff.shot(name!)
  }
})

test('points-mall: staff give points, a member exchanges a coupon and goods with money on top', async ({ member, staff }) => {
  test.setTimeout(240_000)
  const { page } = member
  const phone = '13712340002'
  await member.open('/pages/sign-in/index')
  await member.signIn(phone)
  await page.waitForURL((url) => !url.hash.includes('sign-in'))
  await staff.open('/points-mall')
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL(/points-mall/)
  const session = await staff.page.request.post('/admin/v1/session', { data: { username: 'admin', password: 'hefang-demo' } })
  const api = { authorization: `Bearer ${(await session.json()).token}` }
  const found = await staff.page.request.get(`/admin/v1/members?q=${phone}`, { headers: api })
  const id = (await found.json()).items[0].id
  const given = await staff.page.request.post(`/admin/v1/members/${id}/adjustments`, {
    headers: { ...api, 'idempotency-key': `points-${id}` },
    data: { account: 'points', amount: 3000, reason: '新客礼' },
  })
  expect(given.status()).toBe(200)

  await member.open('/pages/club/points')
  await seen(member, '积分商城')
  await member.shot('points')
  await member.tap('积分商城')
  await seen(member, '积分换 10 元券')
  await member.shot('mall')
  await page.getByRole('button', { name: '兑换 积分换 10 元券' }).click()
  await seen(member, '确认兑换')
  await member.shot('ask')
  await page.locator('.uni-modal__btn_primary').click()
  await expect(page.getByText('2700').locator('visible=true').first()).toBeVisible()
  await page.locator('.item').filter({ hasText: '¥' }).getByRole('button').first().click()
  await expect(page).toHaveURL(/checkout/)
  await member.tap('到店自提')
  await page.locator('.stores__one').filter({ hasText: '湖滨店' }).first().click()
  await seen(member, /积分兑换/)
  await member.shot('checkout')
  await member.tap('提交订单')
  await expect(page).toHaveURL(/cashier/)
  await staff.page.reload()
  await staff.page.getByText('兑换记录').first().click()
  await expect(staff.page.locator('.el-drawer:visible article').first()).toBeVisible()
  await staff.shot('exchanges')
})

test('gift-coupon: a shared link and a friend’s gift are taken', async ({ member, browser }) => {
  const { page } = member
  await member.open('/pages/sign-in/index')
  await member.signIn('13712340003')
  await page.waitForURL((url) => !url.hash.includes('sign-in'))
  await member.open('/pages/offer/centre')
  await page.getByRole('button', { name: /全场 95 折券，领取/ }).click()
  await expect(page.getByText('已领取').locator('visible=true').first()).toBeVisible()
  await member.open('/pages/offer/mine')
  await member.tap('转赠')
  await page.locator('.uni-modal__btn_primary').click()
  await expect(page).toHaveURL(/offer\/coupon\?gift=/)
  await seen(member, /送给朋友的券/)
  await member.shot('given')
  const link = page.url()
  const friend = await (await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN' })).newPage()
  await friend.goto(link)
  await expect(friend.getByText('朋友送你一张券')).toBeVisible()
  await friend.screenshot({ path: 'test-results/shots/gift-coupon-friend.png' })
  await friend.context().close()
})
