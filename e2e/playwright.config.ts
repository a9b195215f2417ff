// Browser tests against the real program: `hefang demo` with a fresh mall, Debian's Chromium, one worker because the
// tests share that mall. Screenshots of every step are kept in test-results/shots.
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

const port = Number(process.env.E2E_PORT ?? 8391)
const hefang = process.env.HEFANG ?? '../target/debug/hefang'
// The mall lies in memory where a gigabyte is free there, so that no story waits for a disk; it goes with the run that made it.
function roomy(folder: string): boolean {
  if (!existsSync(folder)) return false
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize > 2 ** 30
}
if (!process.env.E2E_DATA) {
  const made = mkdtempSync(join(roomy('/dev/shm') ? '/dev/shm' : tmpdir(), 'hefang-e2e-'))
  process.env.E2E_DATA = made
  process.on('exit', () => rmSync(made, { recursive: true, force: true }))
}

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/run',
  workers: 1,
  fullyParallel: false,
  // One retry: a story that needs it is printed as flaky. Three quarters of an hour of checks should not fall over a slow second.
  retries: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    actionTimeout: 20_000,
    navigationTimeout: 60_000,
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  webServer: {
    command: `${hefang} demo --port ${port} --data ${process.env.E2E_DATA}`,
    url: `http://127.0.0.1:${port}/readyz`,
    timeout: 180_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
    env: { HEFANG_RATE_LIMIT__REQUESTS_PER_SECOND: '0', HEFANG_SERVER__TRUSTED_PROXIES: '127.0.0.1' },
  },
})
