// Every page opens with real data at its usual size, without console errors or foreign requests, and is photographed.
import { expect, test } from './people.js'

test('pages-mini every storefront page opens', async ({ member }) => {
  const { page } = member
  const pages: [string, string, RegExp][] = [
    ['home', '/pages/home/index', /店主推荐/],
    ['category', '/pages/category/index', /家居/],
    ['list', '/pages/product/list?q=椅', /椅/],
    ['search', '/pages/product/search', /拍立得/],
    ['cart', '/pages/cart/index', /购物车/],
    ['me', '/pages/me/index', /登录/],
    ['sign-in', '/pages/sign-in/index', /登录/],
    ['stores', '/pages/member/stores', /湖滨店/],
  ]
  for (const [name, path, words] of pages) {
    await member.open(path)
    await expect(page.getByText(words).locator('visible=true').first()).toBeVisible()
    await member.shot(name)
  }
})

test('pages-admin every back-office page opens', async ({ staff }) => {
  const { page } = staff
  await staff.open('/')
  await staff.signIn('admin', 'a-wrong-password')
  await expect(page.locator('.failure-note')).toBeVisible()
  await staff.signIn('admin', 'hefang-demo')
  await page.waitForURL((url) => !url.pathname.includes('sign-in'))
  await staff.shot('dashboard')
  for (const path of ['products', 'categories', 'brands', 'stock', 'stock/takes', 'freight', 'orders', 'redeem', 'reviews', 'members', 'stores', 'staff', 'roles', 'audit', 'webhooks', 'api-keys', 'settings']) {
    await staff.open(`/${path}`)
    await expect(page.locator('.page-frame > header').first()).toBeVisible()
    await page.waitForLoadState('networkidle')
    await staff.shot(path.replace('/', '-'))
  }
})

test('docs the API documents open', async ({ staff }) => {
  await staff.page.goto('/docs/')
  await expect(staff.page.getByText('Hefang API').first()).toBeVisible({ timeout: 30_000 })
  await staff.shot('docs')
})
