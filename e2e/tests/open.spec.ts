// An owner connects another system: a webhook with its secret, a test message, the log, an API key; wrong turns included.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHmac } from 'node:crypto'
import { expect, test } from './people.js'

interface Message {
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** The other system: keeps what arrives, answers what it is told. */
class Erp {
  readonly received: Message[] = []
  status = 204
  private constructor(private readonly server: Server) {}

  static async start(): Promise<Erp> {
    const server = createServer()
    const erp = new Erp(server)
    server.on('request', (request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        erp.received.push({ headers: request.headers, body })
        response.writeHead(erp.status).end(erp.status === 204 ? undefined : 'the warehouse sleeps')
      })
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return erp
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hefang`
  }
  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }
}

function signed(message: Message, secret: string): boolean {
  const { headers, body } = message
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const digest = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64')
  return String(headers['webhook-signature']).split(' ').includes(`v1,${digest}`)
}

test('open-webhook an owner connects a system, sees what it was told and sends it again', async ({ staff }) => {
  const erp = await Erp.start()
  const { page } = staff
  await staff.open('/')
  await staff.signIn('admin', 'hefang-demo')
  await page.waitForURL((url) => !url.pathname.includes('sign-in'))
  await staff.open('/webhooks')
  await expect(page.getByText('还没有 Webhook')).toBeVisible()
  await staff.shot('empty')
  await page.getByRole('button', { name: '添加第一个' }).click()
  const save = page.getByRole('button', { name: '保存', exact: true })
  await expect(save).toBeDisabled()
  await page.getByLabel('接收地址').fill('erp.example.com')
  await page.getByText('付款成功', { exact: false }).click()
  await page.getByText('商品新建、修改').click()
  await save.click()
  await expect(page.getByText('这不是一个完整的网址')).toBeVisible()
  await staff.shot('wrong-address')
  await page.getByLabel('接收地址').fill(erp.url)
  await page.getByPlaceholder('谁在用').fill('仓库 ERP')
  await save.click()
  const secret = (await page.getByTestId('secret').textContent()) ?? ''
  expect(secret).toMatch(/^whsec_/)
  await staff.shot('secret')
  await page.getByRole('button', { name: '我已保存好' }).click()

  await page.getByRole('button', { name: '发测试' }).click()
  await expect(page.getByText(/已收到。对方回应 204/)).toBeVisible()
  expect(signed(erp.received[0]!, secret)).toBe(true)
  await staff.shot('list')

  // The system falls asleep, a product changes, the first try fails.
  erp.status = 503
  const token = await page.evaluate(() => localStorage.getItem('hefang.admin.token'))
  const headers = { authorization: `Bearer ${token}` }
  const products = await (await page.request.get('/admin/v1/products', { headers })).json()
  const product = products.items[0].id
  const flip = (status: string) => page.request.post(`/admin/v1/products/${product}/status`, { headers, data: { status } })
  await flip('off_sale')
  await flip('on_sale')
  await expect.poll(() => erp.received.length).toBeGreaterThanOrEqual(2)
  await page.getByRole('link', { name: erp.url }).click()
  await expect(page.getByText('HTTP 503').first()).toBeVisible()
  await staff.shot('log')
  await page.getByRole('button', { name: '详情' }).first().click()
  await expect(page.getByText('the warehouse sleeps').first()).toBeVisible()
  await staff.shot('detail')
  await page.keyboard.press('Escape')

  erp.status = 204
  await page.getByRole('button', { name: '重新投递', exact: true }).first().click()
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: '刷新' }).click()
      return page.locator('.status-tag.done').count()
    }, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2)
  expect(erp.received.every((message) => signed(message, secret))).toBe(true)
  await staff.shot('taken')

  await staff.open('/webhooks')
  await page.getByRole('button', { name: '删除' }).click()
  await expect(page.getByText('不能恢复')).toBeVisible()
  await page.getByRole('button', { name: '先不' }).click()
  await expect(page.locator('.el-message-box')).toBeHidden()
  await page.getByRole('button', { name: '删除' }).click()
  await page.locator('.el-message-box').getByRole('button', { name: '删除' }).click()
  await expect(page.getByText('还没有 Webhook')).toBeVisible()
  erp.stop()
})

test('open-key an owner gives a program a key and takes it back', async ({ staff }) => {
  const { page } = staff
  await staff.open('/api-keys')
  await staff.signIn('admin', 'hefang-demo')
  await page.waitForURL('**/api-keys')
  await page.getByRole('button', { name: '创建密钥' }).click()
  await page.getByLabel('名称').fill('仓库 ERP')
  await page.getByText('查看订单', { exact: true }).click()
  await page.getByLabel('只能从这些地址使用').fill('10.0.0.0/8, 例子')
  await page.getByRole('button', { name: '创建', exact: true }).click()
  await expect(page.getByText('“例子”不是 IP 地址或网段')).toBeVisible()
  await staff.shot('wrong-address')
  await page.getByLabel('只能从这些地址使用').fill('10.0.0.0/8')
  await page.getByRole('button', { name: '创建', exact: true }).click()
  const key = (await page.getByTestId('secret').textContent()) ?? ''
  expect(key).toMatch(/^hfk_/)
  await page.getByRole('button', { name: '我已保存好' }).click()
  const ask = (path: string) => page.request.get(path, { headers: { authorization: `Bearer ${key}` } })
  expect((await ask('/admin/v1/orders')).status()).toBe(200)
  expect((await ask('/admin/v1/members')).status()).toBe(403)
  await page.reload()
  await staff.shot('list')
  await page.getByRole('row', { name: '仓库 ERP' }).getByRole('button', { name: '吊销' }).click()
  await page.locator('.el-message-box').getByRole('button', { name: '吊销' }).click()
  await expect(page.getByText('已吊销').first()).toBeVisible()
  expect((await ask('/admin/v1/orders')).status()).toBe(401)
})
