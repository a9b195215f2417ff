// Drawers and calculators of the programme and the campaigns that no other story opens: a tier, a top-up plan, money back
// for a purchase, a trial with freight and a limited price.
import { expect, test } from './people.js'

const PHONE = '13700200362'

test('drawers: tier, top-up plan, purchase refund, trial with freight and a limited price', async ({ member, staff }) => {
  test.setTimeout(240_000)
  await staff.open('/tiers')
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.getByRole('button', { name: '新建等级' }).click()
  const drawer = staff.page.locator('.el-drawer').locator('visible=true')
  await expect(drawer).toBeVisible()
  await staff.shot('tier')
  await drawer.getByRole('button', { name: '取消' }).click()

  await staff.open('/top-ups')
  await staff.page.getByRole('button', { name: '新建储值方案' }).click()
  await expect(drawer).toBeVisible()
  await staff.shot('top-up-plan')
  await drawer.getByRole('button', { name: '取消' }).click()

  await staff.open('/preview')
  await expect(staff.page.getByRole('heading', { name: '试算' })).toBeVisible()
  await staff.page.getByLabel('限时价').first().locator('visible=true').fill('50')
  await staff.page.locator('.el-form-item').filter({ hasText: '运费模板' }).locator('.el-select').click()
  await staff.page.locator('.el-select-dropdown__item').locator('visible=true').first().click()
  await expect(staff.page.getByText('送到')).toBeVisible()
  await staff.shot('trial-draft')
  await staff.page.locator('.el-form-item').filter({ hasText: '送到' }).locator('input').first().click()
  for (let level = 0; level < 3; level += 1) {
    await staff.page.locator('.el-cascader-menu').nth(level).locator('.el-cascader-node').first().click()
  }
  // Without the promotion that the page begins with.
  await staff.page.getByText('去掉这条促销').click()
  await staff.page.getByRole('button', { name: '计算' }).click()
  await expect(staff.page.locator('.answer').getByText('运费').first()).toBeVisible()
  await staff.page.locator('.answer').scrollIntoViewIfNeeded()
  await staff.shot('trial-answer')

  // A member tops up; staff open the refund of it.
  await member.open('/pages/sign-in/index')
  await member.signIn(PHONE)
  await member.open('/pages/club/balance')
  await member.page.locator('.plan').locator('visible=true').nth(1).click()
  await member.tap('用微信支付付款')
  await member.page.waitForURL(/sandbox\/cashier/)
  await member.page.getByRole('button', { name: /^支付(?!失败)/ }).click()
  await expect(member.page.getByText('储值已到账').locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
  await member.told('余额变动')
  await member.shot('balance-told')
  await staff.open('/top-ups')
  await staff.page.getByRole('button', { name: '退储值' }).first().click()
  await expect(drawer.getByText('最多还能退')).toBeVisible()
  await expect(drawer.getByRole('button', { name: '退还 ¥500.00' })).toBeVisible()
  await staff.shot('purchase-refund')
  await drawer.getByRole('button', { name: '取消' }).click()
})
