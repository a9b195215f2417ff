// Browser tests against the real program in Debian's Chromium without a window. Every worker has a mall of its own (mall.ts), which the
// stories of its files share. Screenshots of every step are kept in test-results/shots. `E2E_SLOW_MS=1200 scripts/test.sh e2e` tells
// them over a slow network, in ten minutes: it finds what a busy machine would find one day, and presses that get lost.
import { availableParallelism } from 'node:os'
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'tests',
  globalSetup: './mall.ts',
  outputDir: 'test-results/run',
  // A story waits for a good part of its time.
  workers: Number(process.env.E2E_WORKERS ?? 3 * availableParallelism()),
  fullyParallel: false,
  // Two retries: a story that needs one is printed as flaky. Three quarters of an hour of checks should not fall over a slow second.
  retries: 2,
  timeout: 240_000,
  expect: { timeout: 25_000 },
  reporter: [['list']],
  use: {
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    // Of the second try only: recording every story takes a third of the processor.
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
      // Fewer processes: a tenth of the processor.
      args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--in-process-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [
    { name: 'stories', testIgnore: /lighthouse/ },
    // Measures speed: nothing else may run beside it.
    { name: 'lighthouse', testMatch: /lighthouse/, dependencies: ['stories'] },
  ],
})
