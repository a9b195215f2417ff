// A mall of its own for every worker: `hefang demo` on a copy of a folder that was seeded once (seeding takes a processor ten
// seconds). The copies lie in memory where a gigabyte is free there, so that no story waits for a disk, and go with the worker.
// What a mall said is in test-results/malls.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const HEFANG = process.env.HEFANG ?? '../target/debug/hefang'
const START_MS = 180_000
const STOP_MS = 15_000
const LOGS = 'test-results/malls'

export interface Mall {
  url: string
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function roomy(folder: string): boolean {
  if (!existsSync(folder)) return false
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize > 2 ** 30
}

const room = (): string => mkdtempSync(join(roomy('/dev/shm') ? '/dev/shm' : tmpdir(), 'hefang-e2e-'))

/** Runs before everything else: seeds the folder that every mall is a copy of; answers what runs after everything else. */
export default async function seed(): Promise<() => void> {
  const folder = room()
  await withFolder(folder, 'seed', () => Promise.resolve())
  process.env.E2E_SEED = folder
  return () => rmSync(folder, { recursive: true, force: true })
}

/** Opens a mall for the worker of this number, lends it, and closes it. */
export async function withMall(worker: number, use: (mall: Mall) => Promise<void>): Promise<void> {
  const folder = room()
  try {
    cpSync(process.env.E2E_SEED!, folder, { recursive: true })
    await withFolder(folder, String(worker), use)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function withFolder(data: string, name: string, use: (mall: Mall) => Promise<void>): Promise<void> {
  const port = await freePort()
  const mall = { url: `http://127.0.0.1:${port}` }
  mkdirSync(LOGS, { recursive: true })
  const log = openSync(join(LOGS, `${name}.log`), 'w')
  const program = spawn(HEFANG, ['demo', '--port', String(port), '--data', data], {
    stdio: ['ignore', log, log],
    env: { ...process.env, HEFANG_RATE_LIMIT__REQUESTS_PER_SECOND: '0', HEFANG_SERVER__TRUSTED_PROXIES: '127.0.0.1' },
  })
  // However the worker ends, the mall ends with it.
  const kill = (): unknown => program.kill('SIGKILL')
  process.once('exit', kill)
  try {
    await ready(mall, program)
    await use(mall)
  } finally {
    await stop(program)
    process.off('exit', kill)
    closeSync(log)
  }
}

async function ready({ url }: Mall, program: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; ) {
    if (program.exitCode !== null) throw new Error(`the mall ended while it opened, see ${LOGS}`)
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`the mall did not open within ${START_MS / 1000} s`)
}

async function stop(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null) return
  const ended = new Promise((resolve) => program.once('exit', resolve))
  program.kill('SIGTERM')
  const late = setTimeout(() => program.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(late)
}
