// Commission goes to the member's WeChat: staff pay it out, the member sees it wait, confirms, and has it.
import { expect, test } from './people.js'

const PHONE = '13712345701'

test('payout: commission is paid out, waits for the member, and arrives', async ({ member, staff }) => {
  const id = await member.comeFromWeChat(PHONE)
  const { page } = staff
  await staff.open(`/members/${id}/accounts`)
  await staff.signIn('admin', 'hefang-demo')
  await page.click('header button:has-text("调整")')
  const drawer = page.locator('.el-drawer').locator('visible=true')
  await drawer.getByText('佣金', { exact: true }).click()
  await drawer.locator('.el-form-item:has(.el-form-item__label:text-is("金额")) input').fill('66')
  await drawer.locator('.el-form-item:has(.el-form-item__label:text-is("原因")) input').fill('介绍朋友')
  await drawer.locator('.el-drawer__footer button:has-text("增加")').click()
  await expect(page.getByText('介绍朋友').first()).toBeVisible()

  await page.getByRole('button', { name: '付佣金' }).click()
  await expect(drawer).toContainText('佣金 ¥66.00')
  await drawer.locator('.el-form-item:has(.el-form-item__label:text-is("金额")) input').fill('20')
  await drawer.getByRole('button', { name: '付款' }).click()
  await expect(drawer.locator('.earlier li').first()).toContainText('¥20.00')
  await expect(async () => {
    await drawer.locator('.earlier li').first().getByRole('button', { name: '查询' }).click({ timeout: 4_000 })
    await expect(drawer.locator('.earlier li').first()).toContainText('等会员确认', { timeout: 4_000 })
  }).toPass({ timeout: 60_000 })
  await staff.shot('waits')

  await member.open('/pages/club/balance')
  const card = member.page.locator('.payouts')
  await expect(card).toContainText('¥20.00')
  await member.shot('waits')
  // A browser cannot confirm: it says where.
  await card.getByRole('button').first().click()
  await expect(member.page.getByText(/微信小程序/).first()).toBeVisible()
  await member.shot('not-here')
  const token = await page.evaluate(() => localStorage.getItem('hefang.admin.token') ?? '')
  const transfers = await page.request.get('/admin/v1/transfers', { headers: { authorization: `Bearer ${token}` } })
  const transfer = (await transfers.json()).items.find((one: { status: string }) => one.status === 'waiting')
  await member.page.goto(`/sandbox/transfer/T${transfer.id}`)
  await member.page.getByRole('button', { name: '确认收款' }).click()
  await expect(member.page.getByRole('button', { name: '确认收款' })).toHaveCount(0)
  await member.open('/pages/club/balance')
  await member.again(() => expect(card).toContainText(/已到账/, { timeout: 2_000 }))
  await member.shot('arrived')
})
