// At the counter: the clerk's camera reads the code from the member's phone; part is handed over, taken back, then all of
// it; and goods are handed over while the network is gone, and told when it is back.
import { browserWithCamera, film } from './fake-camera.js'
import { type Member, Staff, expect, test } from './people.js'

/** Buys two of a thing for pickup and opens the order with its code. */
async function buyForPickup(member: Member, phone: string, goods: string, store = '湖滨店'): Promise<void> {
  const { page } = member
  await member.open('/pages/sign-in/index')
  await member.signIn(phone)
  await member.open(`/pages/product/list?q=${goods}`)
  await page.locator('.card').locator('visible=true').first().click()
  await expect(page).toHaveURL(/product\/detail/)
  await member.tap('立即购买')
  await page.locator('.sku').locator('.stepper__side').last().click()
  await member.chooseOptions('立即购买')
  await expect(page).toHaveURL(/checkout/)
  await member.tap('到店自提')
  await page.locator('.stores__one').filter({ hasText: store }).first().click()
  await expect(page.getByText(store).locator('visible=true').first()).toBeVisible()
  if (store === '武林店') {
    // This store deals out time.
    await page.locator('.delivery__time').click()
    await expect(page.locator('.slots__one').first()).toBeVisible()
    await member.shot('slots')
    await page.locator('.slots__one:not(.slots__one--full)').first().click()
    await expect(page.locator('.delivery__time')).toContainText('–')
    await member.shot('slot-chosen')
  }
  await member.tap('提交订单')
  await expect(page).toHaveURL(/cashier/)
  await member.tap('用微信支付付款')
  await page.waitForURL(/sandbox\/cashier/)
  await page.getByRole('button', { name: /^支付(?!失败)/ }).click()
  await expect(page.getByText(/支付成功|付款成功|已付款/).locator('visible=true').first()).toBeVisible({ timeout: 40_000 })
  await member.open('/pages/order/list')
  await page.getByRole('link', { name: /^订单 / }).first().click()
  await expect(page.locator('.code .qr__image img')).toBeVisible()
}

/** A clerk with a phone whose camera shows the member's code. */
async function clerkWithCamera(member: Member, file: string, baseURL: string) {
  await film(member.page, file)
  const browser = await browserWithCamera(file)
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    permissions: ['camera'],
    extraHTTPHeaders: { 'x-forwarded-for': '10.7.7.7' },
  })
  const clerk = new Staff(await context.newPage(), `redeem-clerk-${file.slice(-5, -4)}`)
  await clerk.open('/redeem')
  await clerk.signIn('clerk', 'hefang-demo')
  await clerk.page.waitForURL(/redeem/)
  await expect(clerk.page.locator('#redeem-code')).toBeVisible()
  return { browser, context, clerk }
}

test('redeem: the camera reads the code, part is handed over, taken back, then all', async ({ member, baseURL }, info) => {
  await buyForPickup(member, '13712345601', '训练足球')
  await member.shot('code')
  const { browser, clerk } = await clerkWithCamera(member, info.outputPath('1.y4m'), baseURL!)
  const { page } = clerk
  await page.getByRole('button', { name: '扫码' }).click()
  await expect(page.locator('.hand-over')).toBeVisible()
  await clerk.shot('inside')
  await page.locator('.hand-over .el-input-number__decrease').click()
  await page.getByRole('button', { name: '只交付 1 件，确认核销' }).click()
  await expect(page.locator('.finished')).toContainText('还剩 1 件')
  await clerk.shot('part')
  await page.locator('.finished').getByRole('button', { name: '撤销' }).click()
  await page.getByRole('button', { name: '数量点错了' }).click()
  await clerk.shot('undo')
  await page.locator('.el-drawer__footer').getByRole('button', { name: '撤销' }).click()
  await expect(page.locator('.recent li').first()).toHaveClass(/undone/)

  await page.getByRole('button', { name: '扫码' }).click()
  await expect(page.locator('.hand-over')).toBeVisible()
  await page.getByRole('button', { name: '已交给顾客，确认核销' }).click()
  await expect(page.locator('.finished')).toContainText('已全部取走')
  await clerk.shot('all')
  await page.getByRole('button', { name: '扫码' }).click()
  await expect(page.getByText('已经核销过').first()).toBeVisible()
  await browser.close()

  await member.page.reload()
  await expect(member.page.getByText(/已完成|已取货/).locator('visible=true').first()).toBeVisible()
})

test('redeem: without a network the code is checked on the device, and told when it is back', async ({ member, baseURL }, info) => {
  await buyForPickup(member, '13712345602', '橡胶跳绳')
  const { browser, context, clerk } = await clerkWithCamera(member, info.outputPath('2.y4m'), baseURL!)
  const { page } = clerk
  await page.waitForTimeout(1_000)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await context.setOffline(true)
  await expect(page.locator('.offline')).toBeVisible()
  await page.reload()
  await expect(page.locator('.offline')).toBeVisible()
  await page.getByRole('button', { name: '扫码' }).click()
  await expect(page.locator('.alone')).toBeVisible()
  await clerk.shot('offline-checked')
  await page.locator('.alone .el-button--warning').click()
  await expect(page.locator('.queue')).toContainText('1 单待上传')
  await page.getByRole('button', { name: '扫码' }).click()
  await expect(page.getByText('请勿重复交付')).toBeVisible()
  await clerk.shot('offline-queued')

  await context.setOffline(false)
  await page.reload()
  await expect(page.locator('.queue')).toContainText('已上传，订单已完成')
  await clerk.shot('offline-told')
  await browser.close()
  await member.page.reload()
  await expect(member.page.getByText(/已完成|已取货/).locator('visible=true').first()).toBeVisible()
})

test('pickups: a time is chosen, the counter lays the goods out and calls', async ({ member, staff }) => {
  await buyForPickup(member, '13712345603', '训练网球', '武林店')
  await expect(member.page.locator('.pickup__time')).toContainText('取货时间')
  await member.shot('order')
  const booked = await member.page.locator('.pickup__time').innerText()
  await member.tap('改时间')
  await expect(member.page.locator('.slots__one--on')).toHaveCount(1)
  await member.shot('change')
  // In the evening today's only time may be the one that is booked.
  await member.page.getByRole('tab').locator('visible=true').last().click()
  await member.page.locator('.slots__one:not(.slots__one--full):not(.slots__one--on)').last().click()
  await expect(member.page.locator('.pickup__time')).not.toHaveText(booked)
  await member.shot('changed')
  await staff.open('/pickups')
  await staff.signIn('admin', 'hefang-demo')
  await staff.page.waitForURL(/pickups/)
  const card = staff.page.locator('article').filter({ hasText: '训练网球' }).first()
  await expect(card).toBeVisible()
  await staff.shot('to-prepare')
  await card.getByRole('button', { name: '备好了' }).click()
  await staff.page.getByText('已备好', { exact: true }).first().click()
  const laid = staff.page.locator('article').filter({ hasText: '训练网球' }).first()
  await laid.getByRole('button', { name: '叫顾客来取' }).click()
  await expect(staff.page.getByText('已通知顾客来取')).toBeVisible()
  await staff.page.setViewportSize({ width: 390, height: 844 })
  await staff.shot('ready-phone')
  await staff.page.setViewportSize({ width: 1440, height: 900 })
  await staff.open('/stores')
  await staff.page.getByRole('link', { name: /武林店/ }).click()
  const rule = staff.page.locator('.form-section, section').filter({ hasText: '取货时段' }).last()
  await rule.scrollIntoViewIfNeeded()
  await expect(rule).toContainText('每段接待')
  await staff.shot('rule')
  await member.told('请来取货')
})
