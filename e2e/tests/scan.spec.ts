// At the till with a tablet that has no scanner: its camera reads the bars on goods, the bars on the member's phone and a
// payment code, one after the other.
import { type Member, Staff, context, expect, test, watch } from './people.js'
import { Table, browserWithCamera, ean13, paymentBars } from './fake-camera.js'

/** The member's page with the bars, dark: scanners want white around them also at night. */
async function showBars(member: Member): Promise<void> {
  await member.page.emulateMedia({ colorScheme: 'dark' })
  await member.open('/pages/sign-in/index')
  await member.signIn('13577770901')
  await member.open('/pages/member/code')
  await expect(member.page.locator('.bars')).toBeVisible()
  await member.shot('code-dark')
  await member.page.emulateMedia({ colorScheme: 'light' })
}

test('scan: a camera reads goods, the member and the payment code at the till', async ({ member, baseURL, complaints, slow_ms }, info) => {
  await showBars(member)
  await member.shot('code')
  const film = info.outputPath('till.y4m')
  const table = new Table(member.page, film)
  await table.show(null)

  const browser = await browserWithCamera(film)
  const tablet = { baseURL, viewport: { width: 768, height: 1024 }, hasTouch: true, permissions: ['camera'] }
  const clerk = new Staff(await (await context(browser, slow_ms, tablet)).newPage(), 'scan-clerk')
  const { page } = clerk
  watch(page, complaints)
  await clerk.open('/counter')
  await clerk.signIn('clerk', 'hefang-demo')
  await page.getByRole('button', { name: '用摄像头扫' }).click()
  const camera = page.getByLabel('摄像头', { exact: true })
  await expect(camera).toContainText('对准商品条码')
  await clerk.shot('open')

  const [goods] = await page.evaluate(async () => {
    const headers = { authorization: `Bearer ${localStorage.getItem('hefang.admin.token')}` }
    const ask = async (path: string) => (await fetch(`/admin/v1/counter/${path}`, { headers })).json()
    const [shift] = await ask('my-shifts')
    const { items } = await ask(`prices?store_id=${shift.store_id}`)
    return (items as { name: string; barcode?: string; available: number }[]).filter((one) => one.barcode && one.available > 2)
  })
  await table.show(ean13(goods!.barcode!))
  await expect(camera).toContainText(`已加入：${goods!.name}`)
  await expect(page.locator('.lines li')).toHaveCount(1)
  await clerk.shot('goods')

  await table.show(null)
  await table.show(member.page.locator('.bars'))
  await expect(page.locator('.buyer')).toContainText('积分')
  await expect(camera).toContainText('已识别：')
  // Held before the camera all the time, the goods were counted once.
  await expect(page.locator('.lines li input').first()).toHaveValue('1')
  await clerk.shot('member')
  await page.setViewportSize({ width: 390, height: 844 })
  await clerk.shot('phone')
  await page.setViewportSize({ width: 1440, height: 900 })
  await clerk.shot('desk')
  await page.setViewportSize({ width: 768, height: 1024 })

  await page.keyboard.press('Escape')
  await expect(camera).toBeHidden()
  await table.show(null)
  await page.keyboard.press('F9')
  await page.getByText('付款码', { exact: true }).click()
  await page.locator('.pay-drawer').getByRole('button', { name: '用摄像头扫' }).click()
  await expect(camera).toContainText('对准顾客的付款码')
  await clerk.shot('pay')
  // The camera is put away by Escape, the drawer stays.
  await page.keyboard.press('Escape')
  await expect(camera).toBeHidden()
  await page.locator('.pay-drawer').getByRole('button', { name: '用摄像头扫' }).click()
  await table.show(ean13(goods!.barcode!))
  await expect(camera).toContainText('这不是付款码')
  await table.show(paymentBars('130000000000000000'))
  await expect(page.getByText(/收款完成/)).toBeVisible()
  await clerk.shot('paid')
  await browser.close()

  await member.page.locator('.code__bars').click()
  await expect(member.page.locator('.large .bars')).toBeVisible()
  await member.shot('large')
  await member.page.locator('.large').click()
  await expect(member.page.locator('.large')).toBeHidden()
})
