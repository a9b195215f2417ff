// Goods put aside for trying: the member has two sizes kept at a store and gives a third up, the clerk lays them out, one is
// sold at the counter from what was kept, the other goes back on the shelf, like what was laid out for somebody who did not come.
import { expect, test } from './people.js'

const PHONE = '13712340111'
const MASKED = '137****0111'

test('fitting: two sizes put aside, one bought at the counter, one put back', async ({ member, staff }) => {
  const { page } = member
  await member.comeFromWeChat(PHONE)
  await member.open('/pages/product/list?q=编织跑鞋')
  await page.locator('.card').locator('visible=true').first().click()
  await expect(page).toHaveURL(/product\/detail/)
  await member.tap('门店现货')
  await member.shot('stores')
  await page.locator('.stores__one').filter({ hasText: '湖滨店' }).getByText('留一件，到店试').click()
  const form = page.locator('.try')
  const chip = (words: string) => form.locator('.chip').getByText(words, { exact: true })
  await chip('41').click()
  await chip('明天').click()
  await member.shot('which')
  await form.getByText('帮我留着').click()
  await expect(form.getByText(/41 留下了/)).toBeVisible()
  for (const size of ['42', '43']) {
    await chip(size).click()
    await form.getByText('再留一件').click()
    await expect(form.getByText(new RegExp(`${size} 留下了`))).toBeVisible()
  }
  // Three wait: nobody empties a store.
  await chip('40').click()
  await form.getByText('再留一件').click()
  await expect(page.getByText(/最多同时留 3 件/).locator('visible=true').first()).toBeVisible()
  await member.shot('held')
  await member.tap('看我的留货')
  const mine = (words: string) => page.locator('.row').filter({ hasText: words }).locator('visible=true')
  await mine('43').getByText('不去了').click()
  await page.locator('.uni-modal__btn_primary').click()
  await expect(mine('43').getByText('已取消')).toBeVisible()
  await member.shot('mine')

  await staff.open('/fittings')
  await staff.signIn('clerk', 'hefang-demo')
  await staff.page.waitForURL(/fittings/)
  const card = staff.page.locator('article').filter({ hasText: MASKED })
  const line = (size: string) => card.locator('li').filter({ hasText: `${size} ·` })
  await expect(line('41')).toBeVisible()
  await expect(line('43')).toHaveCount(0)
  await staff.shot('to-lay-out')
  for (const size of ['41', '42']) {
    await line(size).getByRole('button', { name: '备好了' }).click()
    await expect(line(size).getByText('已备好')).toBeVisible()
  }
  await staff.shot('laid-out')
  await member.told('已在河坊生活 湖滨店备好')

  await card.getByRole('button', { name: '顾客要买，去收银' }).click()
  await staff.page.waitForURL(/counter/)
  const kept = staff.page.locator('.waits')
  await kept.locator('li').filter({ hasText: '41' }).getByRole('button', { name: '买这件' }).click()
  const rung = staff.page.locator('.basket li').filter({ hasText: '编织跑鞋' })
  await expect(rung.getByText('留货')).toBeVisible()
  await staff.shot('till')
  await staff.page.keyboard.press('F9')
  await staff.page.getByRole('button', { name: /完成收款/ }).click()
  await expect(staff.page.getByText(/收款完成/)).toBeVisible()

  await staff.open('/fittings')
  await expect(line('42')).toBeVisible()
  await expect(line('41')).toHaveCount(0)
  await line('42').getByRole('button', { name: '没买，放回' }).click()
  await expect(card).toHaveCount(0)
  await staff.page.getByText('已结束', { exact: true }).click()
  await expect(staff.page.locator('.over li').filter({ hasText: MASKED })).toHaveCount(3)
  await staff.shot('over')

  const tab = staff.page.getByRole('radiogroup').getByText(/^该放回货架/)
  await expect(tab).toHaveText('该放回货架1')
  await tab.click()
  const lies = staff.page.locator('.over li')
  // What was shown before stays until the answer is there.
  await expect(lies).toHaveCount(1)
  await expect(lies).toContainText('过期没来')
  await staff.shot('to-put-back')
  await lies.getByRole('button', { name: '已放回' }).click()
  await expect(staff.page.getByText('货架都归位了')).toBeVisible()
  await expect(tab).toHaveText('该放回货架')
  await staff.page.getByText('已结束', { exact: true }).click()
  await expect(staff.page.locator('.over li').filter({ hasText: /小林.*放回货架/ })).toHaveCount(1)

  await member.open('/pages/booking/fittings')
  await expect(mine('41').getByText('已买走')).toBeVisible()
  await expect(mine('42').getByText('试过没买')).toBeVisible()
  await member.open('/pages/order/list')
  await expect(page.getByText('编织跑鞋').locator('visible=true').first()).toBeVisible()
})
