// A member with a phone and a clerk at a desk, with the few gestures the stories are told in.
import { type APIRequestContext, type Browser, type BrowserContext, type Page, expect, test as base } from '@playwright/test'
import { mkdirSync } from 'node:fs'
import { type Mall, withMall } from '../mall.js'

const SHOTS = 'test-results/shots'
const PHONE = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148',
}
const DESK = { viewport: { width: 1440, height: 900 } }

/** Console errors, page errors and requests to other hosts: none may happen in a story. */
export function watch(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    // A refused request is part of some stories; the page shows it, the browser also logs it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (['http:', 'https:'].includes(url.protocol) && url.hostname !== '127.0.0.1') complaints.push(`foreign request ${url.host}`)
  })
}

class Person {
  private shots = 0
  constructor(
    readonly page: Page,
    private readonly name: string,
  ) {
    mkdirSync(SHOTS, { recursive: true })
  }

  async shot(what: string): Promise<void> {
    await this.page.waitForTimeout(150)
    this.shots += 1
    const number = String(this.shots).padStart(2, '0')
    const path = `${SHOTS}/${this.name}-${number}-${what}.jpg`
    await this.page.screenshot({ path, type: 'jpeg', quality: 85, animations: 'disabled' })
  }

  /** Opens the page anew until it holds: what happens elsewhere is on its way for a moment. */
  async again(holds: () => Promise<void>): Promise<void> {
    await expect(async () => {
      await this.page.reload({ waitUntil: 'networkidle' })
      await holds()
    }).toPass({ timeout: 90_000 })
  }
}

export class Member extends Person {
  async open(path: string): Promise<void> {
    await this.page.goto(`/#${path}`)
  }

  /** Taps the visible button with these words. */
  async tap(words: string | RegExp): Promise<void> {
    await this.page.getByText(words).locator('visible=true').first().click()
  }

  /** Signs in on the page shown, with the code from the stand-in's inbox. */
  async signIn(phone: string): Promise<void> {
    const fields = this.page.locator('.field__input input')
    await fields.nth(0).fill(phone)
    await this.tap(/获取验证码|发送验证码/)
    await expect.poll(() => this.code(phone)).toMatch(/^\d{6}$/)
    await fields.nth(1).fill(await this.code(phone))
    const agreement = this.page.locator('.agree .tick')
    if (await agreement.count()) await agreement.click()
    await this.page.locator('.button').getByText('登录').click()
    await this.page.waitForURL((url) => !url.hash.includes('sign-in'))
  }

  /** Comes signed in from WeChat (answers the member's id), which vouches for the phone: no message goes out, and money can be sent to the wallet there. */
  async comeFromWeChat(phone: string): Promise<string> {
    await this.open('/pages/settings/licence')
    const post = async (path: string, data: object, token = ''): Promise<{ code: string; token: string; me: { kind: string; id: string } }> => {
      const answer = await this.page.request.post(path, { data, headers: token ? { authorization: `Bearer ${token}` } : {} })
      expect(answer.ok(), `${path}: ${answer.status()}`).toBe(true)
      return answer.json()
    }
    const { code } = await post('/sandbox/control/login-code', { user: `wechat-${phone}` })
    const { token, me } = await post('/api/v1/session/wechat', { code })
    await post('/api/v1/me/phone/wechat', { code: (await post('/sandbox/control/phone-code', { phone })).code }, token)
    const kept = { type: 'object', data: { token, kind: me.kind } }
    await this.page.evaluate((session) => localStorage.setItem('hefang.session', JSON.stringify(session)), kept)
    await this.page.reload()
    return me.id
  }

  /** Reads a message in the message centre. It is on its way for a moment, and the page shows what had come when it opened. */
  async told(words: string): Promise<void> {
    await this.open('/pages/my/messages')
    await this.again(() => expect(this.page.getByText(words).locator('visible=true').first()).toBeVisible({ timeout: 2_000 }))
  }

  async code(phone: string): Promise<string> {
    const inbox = await this.page.request.get(`/sandbox/control/messages?phone=${phone}`)
    return (await inbox.json()).items[0]?.params.code ?? ''
  }

  /** Chooses the first values that can be bought and confirms. */
  async chooseOptions(confirm: string): Promise<void> {
    const foot = this.page.locator('.sku__foot')
    await expect(foot).toBeVisible()
    const options = this.page.locator('.sku__option')
    for (let i = 0; i < (await options.count()); i += 1) {
      if (await options.nth(i).locator('.chip--on').count()) continue
      await options.nth(i).locator('.chip:not(.chip--off)').first().click()
    }
    await foot.getByText(confirm).click()
    // It closes when the answer has come: who goes on sooner takes the question back.
    await expect(foot).toBeHidden()
  }
}

export class Staff extends Person {
  async open(path: string): Promise<void> {
    await this.page.goto(`/admin${path}`)
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.page.fill('input[name=username]', username)
    await this.page.fill('input[name=password]', password)
    await this.page.click('button[type=submit]')
  }
}

interface People {
  member: Member
  staff: Staff
  /** Holds every call back this long, as a slow network does: who only passes while answers are quick fails one day. */
  slow_ms: number
}

/** Everybody has an address of their own, as in life: one address gets twenty sign-in codes an hour. Nobody waits for what moves. */
export async function context(browser: Browser, slow_ms: number, options: object): Promise<BrowserContext> {
  const address = [10, ...crypto.getRandomValues(new Uint8Array(3))].join('.')
  const extraHTTPHeaders = { 'x-forwarded-for': address }
  const own = await browser.newContext({ reducedMotion: 'reduce', ...options, extraHTTPHeaders, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  if (slow_ms > 0) await own.route(/\/(api|admin)\/v1\//, (route) => setTimeout(() => void route.continue().catch(() => undefined), slow_ms))
  return own
}

export const test = base.extend<People & { complaints: string[] }, { mall: Mall }>({
  // eslint-disable-next-line no-empty-pattern
  mall: [async ({}, use, worker) => withMall(worker.workerIndex, use), { scope: 'worker', timeout: 200_000 }],
  slow_ms: [Number(process.env.E2E_SLOW_MS ?? 0), { option: true }],
  baseURL: async ({ mall }, use) => use(mall.url),
  // eslint-disable-next-line no-empty-pattern
  complaints: async ({}, use) => {
    const complaints: string[] = []
    await use(complaints)
    expect(complaints, 'console errors, page errors, foreign requests').toEqual([])
  },
  member: async ({ browser, complaints, slow_ms }, use, info) => {
    const own = await context(browser, slow_ms, PHONE)
    const page = await own.newPage()
    watch(page, complaints)
    await use(new Member(page, `${info.title.split(/[: ]/)[0]}-member`))
    await own.close()
  },
  staff: async ({ browser, complaints, slow_ms }, use, info) => {
    const own = await context(browser, slow_ms, DESK)
    const page = await own.newPage()
    watch(page, complaints)
    await use(new Staff(page, `${info.title.split(/[: ]/)[0]}-staff`))
    await own.close()
  },
})
export { type APIRequestContext, expect }
