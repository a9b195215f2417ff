// Every page there is, by the storefront's list of pages and the back office's router: a page that is added there and not
// here fails. Each opens with real data and is photographed; those that read something also show their bones, say what
// went wrong and come back by a press.
import { readFileSync } from 'node:fs'
import type { APIRequestContext, Page, Route } from '@playwright/test'
import { expect, type Member, type Staff, test } from './people.js'

// No story here needs another: the workers share them.
test.describe.configure({ mode: 'parallel' })

const read = (path: string): string => readFileSync(new URL(`../../web/${path}`, import.meta.url), 'utf8')

/** The pages of the storefront; what is for developers only stands between `#ifdef` and `#endif`. */
function shopPages(): string[] {
  const text = read('mini/src/pages.json').replace(/\/\/ #ifdef KIT[\s\S]*?\/\/ #endif/g, '')
  const { pages, subPackages } = JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as {
    pages: { path: string }[]
    subPackages: { root: string; pages: { path: string }[] }[]
  }
  return [...pages.map(({ path }) => path), ...subPackages.flatMap(({ root, pages: own }) => own.map(({ path }) => `${root}/${path}`))]
}

/** The pages of the back office. */
function deskPages(): string[] {
  return [...read('admin/src/app/router.ts').matchAll(/\bpage\(\s*'([^']*)'/g)].map((match) => match[1]!)
}

interface Facts {
  token: string
  product: string
  order: string
  purchase: string
  store: string
  service: string
  booking: string
}

/** Of the member of this run; a phone gets one code a minute. */
const PHONE = `139${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`

/** Of a page that this run decorates. */
const SLUG = `every-${Date.now().toString(36)}`

/** What an address needs beside its path. A page without an entry opens by its path alone. */
const NEEDS: Record<string, (facts: Facts) => string> = {
  'pages/product/list': () => '?q=椅',
  'pages/product/detail': ({ product }) => `?id=${product}`,
  'pages/product/reviews': ({ product }) => `?id=${product}`,
  'pages/page/index': () => `?slug=${SLUG}`,
  'pages/checkout/cashier': ({ order }) => `?order_id=${order}`,
  'pages/checkout/result': ({ order }) => `?order_id=${order}`,
  'pages/order/detail': ({ order }) => `?id=${order}`,
  'pages/order/track': ({ order }) => `?id=${order}&parcel_id=1`,
  'pages/order/review': ({ order }) => `?id=${order}`,
  'pages/member/store': ({ store }) => `?id=${store}`,
  'pages/booking/service': ({ service }) => `?id=${service}`,
  'pages/booking/detail': ({ booking }) => `?id=${booking}`,
  'pages/club/buy': ({ purchase }) => `?purchase_id=${purchase}`,
}

/** Pages that need nothing from the server to be whole, and those whose parts fail one by one. */
const NO_FAILURE = /sign-in|search$|address-edit|closing|password|settings|category|checkout\/(index|result|cashier)|me\/index|cart|profile|policy|order\/track|after|invoice\/(detail|request|title-edit)|offer\/coupon|member\/code/

const name = (path: string): string => path.replace(/^pages\//, '').replaceAll('/', '-').replace(':id', 'one')

async function furnish(page: Page): Promise<Facts> {
  return page.evaluate(async () => {
    const token = JSON.parse(localStorage.getItem('hefang.session')!).data.token as string
    const call = async (method: string, path: string, body?: unknown) => {
      const headers: Record<string, string> = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
      if (method === 'POST') headers['Idempotency-Key'] = crypto.randomUUID().replace(/-/g, '')
      const answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      const text = await answer.text()
      return text ? JSON.parse(text) : null
    }
    const list = await call('GET', '/products?in_stock=true&limit=20')
    const product = await call('GET', `/products/${list.items[0].id}`)
    const sku = product.skus.find((one: { available: number }) => one.available > 5)
    const address = await call('POST', '/addresses', { name: '沈青禾', phone: '13800000003', district_code: '330102', detail: '河坊街 18 号', is_default: true })
    await call('PUT', `/favourites/${product.id}`)
    await call('PUT', `/history/${product.id}`)
    await call('POST', '/cart/lines', { sku_id: sku.id, quantity: 1 })
    const order = { source: 'now', items: [{ sku_id: sku.id, quantity: 1 }], delivery: { kind: 'express', address_id: address.id } }
    const quote = await call('POST', '/quote', order)
    const placed = await call('POST', '/orders', { ...order, expected_total_fen: quote.total_fen })
    const balance = await call('GET', '/balance')
    const plan = balance.plans[0]
    const purchase = await call('POST', '/purchases', { kind: 'top_up', plan_id: plan.id, expected_fen: plan.amount_fen })
    const stores = await call('GET', '/stores')
    // What costs nothing is booked at once, at the first time of the next days.
    const services = await call('GET', '/booking-services')
    const service = services.items.find((one: { deposit_fen: number }) => one.deposit_fen === 0)
    const day = new Date(Date.now() + 32 * 3_600_000).toISOString().slice(0, 10)
    const { times } = await call('GET', `/booking-services/${service.id}/times?store_id=${stores[0].id}&day=${day}`)
    const time = times.find((one: { left: number }) => one.left > 0)
    const visit = { service_id: service.id, store_id: stores[0].id, starts_at: time.starts_at, people: 1, expected_deposit_fen: 0 }
    const booked = await call('POST', '/bookings', visit)
    return {
      token,
      product: product.id,
      order: placed.orders[0].id,
      purchase: purchase.id,
      store: stores[0].id,
      service: service.id,
      booking: booked.booking_id,
    }
  })
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator('[aria-busy=true]').locator('visible=true')).toHaveCount(0)
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(over, 'wider than the screen').toBeLessThanOrEqual(0)
}

/** A page with a slug of its own, with every block that asks for itself. */
let decorated = false

async function decorate(request: APIRequestContext): Promise<void> {
  if (decorated) return
  decorated = true
  const { token } = await (await request.post('/admin/v1/session', { data: { username: 'admin', password: 'hefang-demo' } })).json()
  const headers = { authorization: `Bearer ${token}` }
  const blocks = [
    { kind: 'notice', text: '每一种会自己去取的组件，都在这一页', link: null },
    { kind: 'coupons', title: '领券', template_ids: [] },
    { kind: 'limited', title: '限时购', limit: 6 },
    { kind: 'stores', title: '来店里坐坐', store_ids: [] },
    { kind: 'recommended', title: '猜你喜欢', limit: 6 },
  ].map((block, at) => ({ id: `b${at + 1}`, hidden: false, block }))
  const made = await (await request.post('/admin/v1/pages', { headers, data: { slug: SLUG, title: '会自己取的组件' } })).json()
  const id = made.id ?? made.page?.id
  const saved = await request.put(`/admin/v1/pages/${id}/draft`, { headers, data: { title: '会自己取的组件', blocks, revision: made.revision ?? 0 } })
  expect(saved.ok(), await saved.text()).toBe(true)
  const published = await request.post(`/admin/v1/pages/${id}/publish`, { headers, data: { revision: (await saved.json()).revision, note: '' } })
  expect(published.ok(), await published.text()).toBe(true)
}

/** One member for all of them: an address gets twenty codes an hour, and other stories need theirs. */
let kept: { facts: Facts; session: string } | undefined

async function signedIn(member: Member): Promise<Facts> {
  const { page } = member
  if (kept) {
    await page.addInitScript((session) => {
      // A blank page has no storage.
      if (location.protocol.startsWith('http')) localStorage.setItem('hefang.session', session)
    }, kept.session)
    return kept.facts
  }
  await member.open('/pages/sign-in/index')
  await member.signIn(PHONE)
  await page.waitForURL((url) => !url.hash.includes('sign-in'))
  const facts = await furnish(page)
  kept = { facts, session: (await page.evaluate(() => localStorage.getItem('hefang.session')))! }
  return facts
}

test('every-shop page of the storefront opens with real data', async ({ member, request }) => {
  test.setTimeout(600_000)
  await decorate(request)
  const facts = await signedIn(member)
  for (const path of shopPages()) {
    await test.step(path, async () => {
      await member.open(`/${path}${NEEDS[path]?.(facts) ?? ''}`)
      await member.page.waitForLoadState('networkidle')
      await settled(member.page)
      await expect(member.page.locator('.shell').locator('visible=true').first()).toBeVisible()
      await member.shot(name(path))
    })
  }
})

test('every-shop-wide page of the storefront opens on a desk', async ({ member, request }) => {
  test.setTimeout(600_000)
  expect((await request.get('/readyz')).ok()).toBe(true)
  const facts = await signedIn(member)
  await member.page.setViewportSize({ width: 1440, height: 900 })
  for (const path of shopPages()) {
    await test.step(path, async () => {
      await member.open(`/${path}${NEEDS[path]?.(facts) ?? ''}`)
      await member.page.waitForLoadState('networkidle')
      await settled(member.page)
      await member.shot(name(path))
    })
  }
})

test('every-face page shows its bones, says what went wrong, and comes back by a press', async ({ member }) => {
  test.setTimeout(600_000)
  const { page } = member
  const facts = await signedIn(member)
  await decorate(page.request)
  const refuse = (route: Route): Promise<void> =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ code: 'db.unreachable', detail: '服务器暂时不可用，请稍后再试', status: 503, title: '', type: 'about:blank' }) })
  for (const path of shopPages().filter((one) => !NO_FAILURE.test(one) && one !== 'pages/home/index')) {
    await test.step(path, async () => {
      let hold = true
      let refused = true
      let free = (): void => undefined
      const held = new Promise<void>((resolve) => (free = resolve))
      await page.route('**/api/v1/**', async (route) => {
        if (/\/(me|cart|session|events)(\/|$)/.test(new URL(route.request().url()).pathname)) return route.continue()
        if (hold) await held
        return refused ? refuse(route) : route.continue()
      })
      await page.goto('about:blank')
      await member.open(`/${path}${NEEDS[path]?.(facts) ?? ''}`)
      await expect(page.locator('[aria-busy=true]').locator('visible=true').first()).toBeVisible()
      await member.shot(`bones-${name(path)}`)
      hold = false
      free()
      await expect(page.locator('.trouble').locator('visible=true').first()).toBeVisible()
      await member.shot(`trouble-${name(path)}`)
      refused = false
      // A page of several parts has a button for each.
      const again = page.locator('.trouble').locator('visible=true').getByText('重新加载')
      await expect(async () => {
        if (await again.count()) await again.first().click({ timeout: 5_000 })
        await expect(page.locator('.trouble').locator('visible=true')).toHaveCount(0, { timeout: 5_000 })
      }).toPass({ timeout: 60_000 })
      await page.unroute('**/api/v1/**')
    })
  }
})

test('every-empty page says what to do next', async ({ member }) => {
  test.setTimeout(300_000)
  const { page } = member
  await member.open('/pages/sign-in/index')
  await member.signIn('13900139034')
  await page.waitForURL((url) => !url.hash.includes('sign-in'))
  for (const path of ['cart/index', 'order/list', 'member/addresses', 'member/favourites', 'member/history', 'my/messages', 'offer/mine', 'club/points', 'club/balance']) {
    await member.open(`/pages/${path}`)
    await page.waitForLoadState('networkidle')
    await settled(page)
    await member.shot(name(path))
  }
})

/** One id of each kind, for the pages of one thing. */
async function deskIds(staff: Staff): Promise<Record<string, string>> {
  return staff.page.evaluate(async () => {
    const token = localStorage.getItem('hefang.admin.token') ?? ''
    const first = async (path: string): Promise<string> => {
      const answer = await fetch(`/admin/v1/${path}`, { headers: { Authorization: `Bearer ${token}` } })
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      const found = await answer.json()
      return (found.items ?? found)[0]?.id ?? ''
    }
    const lists: Record<string, string> = {
      orders: 'orders?state=all',
      products: 'products',
      freight: 'freight-templates',
      promotions: 'promotions',
      coupons: 'coupon-templates',
      'limited-sales': 'limited-sales',
      members: 'members',
      pages: 'pages',
      stores: 'stores',
      tasks: 'tasks',
      webhooks: 'webhooks',
    }
    const found: Record<string, string> = {}
    for (const [kind, path] of Object.entries(lists)) found[kind] = await first(path)
    return found
  })
}

/** So many stories share the pages of the back office, so that no worker opens all of them. */
const DESK_PARTS = 3

for (let part = 0; part < DESK_PARTS; part += 1) test(`every-desk${part + 1} page of the back office opens`, async ({ member, staff }) => {
  test.setTimeout(600_000)
  const { page } = staff
  await signedIn(member)
  await staff.open('/')
  await staff.signIn('admin', 'a-wrong-password')
  await expect(page.locator('.failure-note')).toBeVisible()
  await staff.signIn('admin', 'hefang-demo')
  await page.waitForURL((url) => !url.pathname.includes('sign-in'))
  const ids = await deskIds(staff)
  for (const path of deskPages().filter((_, at) => at % DESK_PARTS === part)) {
    await test.step(path, async () => {
      const id = path.includes(':id') ? ids[path.split('/')[0]!] : ''
      // Nothing of that kind in a fresh mall: its stories make one themselves.
      if (path.includes(':id') && !id) return
      await staff.open(`/${path.replace(':id', id!)}`)
      await page.waitForLoadState('networkidle')
      await expect(page.locator('.page-frame > header, .paper, .editor').first()).toBeVisible()
      await expect(page.locator('.error-face').locator('visible=true')).toHaveCount(0)
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(over, 'wider than the screen').toBeLessThanOrEqual(0)
      await staff.shot(name(path))
    })
  }
})

test('every-desk-face list of the back office says what went wrong, and comes back by a press', async ({ staff }) => {
  test.setTimeout(300_000)
  const { page } = staff
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await page.waitForURL((url) => !url.pathname.includes('sign-in'))
  for (const path of ['orders', 'products', 'stock', 'members', 'reviews', 'refunds', 'stores', 'pages', 'media', 'staff', 'audit', 'tasks']) {
    await test.step(path, async () => {
      let refused = true
      await page.route('**/admin/v1/**', (route) => {
        const { pathname } = new URL(route.request().url())
        if (!refused || /\/v1\/(me|session|saved-views)(\/|$)/.test(pathname)) return route.continue()
        return route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ code: 'db.unreachable', detail: '服务器暂时不可用，请稍后再试', status: 503, title: '', type: 'about:blank' }) })
      })
      await staff.open(`/${path}`)
      await expect(page.locator('.error-face').locator('visible=true').first()).toBeVisible()
      await staff.shot(`trouble-${path}`)
      refused = false
      await page.locator('.error-face').getByRole('button').first().click()
      await expect(page.locator('.error-face').locator('visible=true')).toHaveCount(0)
      await page.unroute('**/admin/v1/**')
    })
  }
})

test('every-docs: the API documents open', async ({ staff }) => {
  await staff.page.goto('/docs/')
  await expect(staff.page.getByText('Hefang API').first()).toBeVisible({ timeout: 30_000 })
  await staff.shot('docs')
})
