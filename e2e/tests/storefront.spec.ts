// Every page of the storefront, opened with real data by a member: on a phone by day, then all of them by night and in
// English, and the ones people meet first on the narrowest phone and on a tablet. Nothing overflows, nothing stays
// loading, nothing complains.
import type { Page } from '@playwright/test'
import { expect, type Member, test } from './people.js'

interface Goods {
  product: string
  order: string
}

type Shown = [name: string, path: (goods: Goods) => string, chinese: RegExp, english: RegExp]

const PAGES: Shown[] = [
  ['home', () => '/pages/home/index', /店主推荐/, /Find something/],
  ['category', () => '/pages/category/index', /家居/, /All/],
  ['list', () => '/pages/product/list?q=椅', /综合/, /Best match/],
  ['list-empty', () => '/pages/product/list?q=zzyqx', /没有找到/, /Nothing found/],
  ['search', () => '/pages/product/search', /大家在找/, /Others search/],
  ['detail', (goods) => `/pages/product/detail?id=${goods.product}`, /门店现货/, /In stores/],
  ['detail-gone', () => '/pages/product/detail?id=1', /没有找到/, /Not found/],
  ['reviews', (goods) => `/pages/product/reviews?id=${goods.product}`, /有图/, /With pictures/],
  ['cart', () => '/pages/cart/index', /结算/, /Check out/],
  ['checkout', () => '/pages/checkout/index', /提交订单/, /Place order/],
  ['cashier', (goods) => `/pages/checkout/cashier?order_id=${goods.order}`, /稍后再付/, /Pay later/],
  ['result', (goods) => `/pages/checkout/result?order_id=${goods.order}`, /等待付款结果/, /Waiting for the payment/],
  ['orders', () => '/pages/order/list?state=all', /待付款/, /To pay/],
  ['orders-none', () => '/pages/order/list?state=shipped', /这里没有订单/, /No orders here/],
  ['order', (goods) => `/pages/order/detail?id=${goods.order}`, /订单进展/, /Progress/],
  ['track', (goods) => `/pages/order/track?id=${goods.order}&parcel_id=1`, /没有找到/, /Not found/],
  ['review', (goods) => `/pages/order/review?id=${goods.order}`, /提交评价/, /Send/],
  ['addresses', () => '/pages/member/addresses', /劳动路/, /New address/],
  ['address-edit', () => '/pages/member/address-edit', /粘贴|识别/, /Read it/],
  ['favourites', () => '/pages/member/favourites', /我的收藏|¥/, /¥/],
  ['history', () => '/pages/member/history', /清空/, /Clear/],
  ['profile', () => '/pages/member/profile', /昵称/, /Nickname/],
  ['stores', () => '/pages/member/stores', /湖滨店/, /Open|Closed/],
  ['me', () => '/pages/me/index', /我的订单/, /My orders/],
  ['sign-in', () => '/pages/sign-in/index', /获取验证码/, /Get a code/],
]
const FIRST_MET = ['home', 'category', 'list', 'detail', 'cart', 'checkout', 'orders', 'order', 'me']

/** A member with an address, something in the cart, a favourite and an order that waits for its payment. */
async function furnish(page: Page): Promise<Goods> {
  return page.evaluate(async () => {
    const token = JSON.parse(localStorage.getItem('hefang.session')!).data.token as string
    const call = async (method: string, path: string, body?: unknown) => {
      const headers: Record<string, string> = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
      if (path === '/orders') headers['Idempotency-Key'] = crypto.randomUUID().replace(/-/g, '')
      const answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      const text = await answer.text()
      return text ? JSON.parse(text) : null
    }
    const list = await call('GET', '/products?in_stock=true&limit=20')
    const product = await call('GET', `/products/${list.items[0].id}`)
    const sku = product.skus.find((one: { available: number }) => one.available > 5)
    const address = await call('POST', '/addresses', { name: '林晚风', phone: '13800000001', district_code: '330102', detail: '劳动路 128 号 2 幢 301 室', is_default: true })
    await call('PUT', `/favourites/${product.id}`)
    await call('PUT', `/history/${product.id}`)
    await call('POST', '/cart/lines', { sku_id: sku.id, quantity: 2 })
    const order = { source: 'now', items: [{ sku_id: sku.id, quantity: 1 }], delivery: { kind: 'express', address_id: address.id } }
    const quote = await call('POST', '/quote', order)
    const placed = await call('POST', '/orders', { ...order, expected_total_fen: quote.total_fen })
    return { product: product.id, order: placed.id ?? placed.order_id ?? placed.orders?.[0]?.id }
  })
}

async function look(member: Member, goods: Goods, [name, path, chinese, english]: Shown, how: string): Promise<void> {
  const { page } = member
  await test.step(`${name} ${how}`, async () => {
    await member.open(path(goods))
    await expect(page.getByText(how === 'english' ? english : chinese).locator('visible=true').first()).toBeVisible()
    await expect(page.locator('[aria-busy=true]').locator('visible=true')).toHaveCount(0)
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(over, `${name} ${how} is wider than the screen`).toBeLessThanOrEqual(0)
    await member.shot(`${how}-${name}`)
  })
}

test('storefront every page, by day and night, in two languages, at three widths', async ({ member }) => {
  test.setTimeout(600_000)
  const { page } = member
  await member.open('/pages/sign-in/index')
  await member.signIn('13900139007')
  await page.waitForURL((url) => !url.hash.includes('sign-in'))
  const goods = await furnish(page)
  await page.evaluate((cart) => localStorage.setItem('hefang.checkout', cart), JSON.stringify({ type: 'object', data: { source: 'cart', items: [], delivery: { kind: 'express' }, remark: '' } }))

  for (const shown of PAGES) await look(member, goods, shown, 'day')
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.reload()
  for (const shown of PAGES) await look(member, goods, shown, 'night')
  await page.emulateMedia({ colorScheme: 'light' })
  for (const width of [320, 768]) {
    await page.setViewportSize({ width, height: 900 })
    await page.reload()
    for (const shown of PAGES.filter(([name]) => FIRST_MET.includes(name))) await look(member, goods, shown, `${width}`)
  }
  await page.setViewportSize({ width: 390, height: 844 })
  await page.evaluate(() => localStorage.setItem('hefang.language', JSON.stringify({ type: 'string', data: 'en' })))
  await page.reload()
  for (const shown of PAGES) await look(member, goods, shown, 'english')
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await member.open('/pages/me/index')
  await expect(page.locator('.uni-tabbar').getByText('Browse')).toBeVisible()
})

test.describe('without a network', () => {
  // Holding calls back turns the browser's cache off.
  test.use({ slow_ms: 0 })

  test('storefront a lost network says so, and comes back by itself', async ({ member }) => {
    const { page } = member
    await member.open('/pages/category/index')
    await expect(page.getByText('家居').first()).toBeVisible()
    // Other pages' files are fetched once the first page has come to rest.
    await expect(page.locator('link[rel=prefetch]').first()).toBeAttached()
    await expect
      .poll(() =>
        page.evaluate(() => {
          const files = [...document.querySelectorAll<HTMLLinkElement>('link[rel=prefetch], link[rel=modulepreload]')].map((link) => link.href)
          return files.filter((file) => !performance.getEntriesByName(file).some((entry) => (entry as PerformanceResourceTiming).responseEnd > 0))
        }),
      )
      .toEqual([])
    await page.waitForLoadState('networkidle')
    await page.context().setOffline(true)
    await member.open('/pages/product/list?q=沙发')
    await expect(page.getByText('没有网络').locator('visible=true').first()).toBeVisible()
    await member.shot('offline')
    await page.context().setOffline(false)
    await expect(page.getByText(/沙发/).locator('visible=true').nth(1)).toBeVisible()
  })
})

test('storefront a film stands first in the gallery, and stores tell what they have', async ({ member }) => {
  const { page } = member
  await page.route('**/api/v1/products/*', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...(await answer.json()), video_url: '/static/mark.svg' } })
  })
  const list = await (await page.request.get('/api/v1/products?limit=1')).json()
  await member.open(`/pages/product/detail?id=${list.items[0].id}`)
  await expect(page.locator('.gallery video')).toBeVisible()
  await expect(page.locator('.gallery__count')).toContainText('1 / ')
  await member.tap('门店现货')
  await expect(page.locator('.stores')).toBeVisible()
  await expect(page.getByText(/湖滨店|暂时没有现货/).first()).toBeVisible()
  await member.shot('stores')
})
