// The examples of the API guide are run as they stand.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { expect, test } from './people.js'

test('guide: the curl examples of docs/api-guide.md work', async ({ baseURL }, info) => {
  const guide = readFileSync('../docs/api-guide.md', 'utf8')
  const script = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]).join('\n')
  const text = script.replace('http://127.0.0.1:8080', baseURL ?? '')
  // What is downloaded stays with the results.
  mkdirSync(info.outputDir, { recursive: true })
  const output = execFileSync('bash', ['-euo', 'pipefail', '-c', text], { encoding: 'utf8', cwd: info.outputDir })
  expect(output).toContain('"kind": "native"')
  expect(output).toContain('"to_pick_up"')
  expect(output).toContain('"staff.not_allowed"')
  expect(output.trim().split('\n').at(-1)).toBe('verified ping')
})
