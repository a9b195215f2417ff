// Fails when a package that ends up in a front end has a licence we may not ship. Usage: node licences.mjs FOLDER...
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ALLOWED = /^(MIT|MIT-0|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|CC0-1\.0|Unlicense|BlueOak-1\.0\.0|Python-2\.0|Zlib|MPL-2\.0|CC-BY-4\.0|W3C-20150513)$/
// Packages whose manifest names no licence; read from their LICENSE or README.
const STATED = { 'dom-walk': 'MIT', 'exif-parser': 'MIT', 'qrcode-terminal': 'Apache-2.0' }
const allowed = (text) => text.replace(/[()]/g, '').split(/ OR /).some((one) => one.split(/ AND /).every((id) => ALLOWED.test(id.trim())))
let refused = 0
let seen = 0

for (const folder of process.argv.slice(2)) {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.dev || entry.optional) continue
    const manifest = join(folder, path, 'package.json')
    const own = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).license : undefined
    const stated = STATED[path.split('node_modules/').at(-1)]
    const licence = entry.license ?? (typeof own === 'object' ? own?.type : own) ?? stated
    seen += 1
    if (!licence || !allowed(licence)) {
      console.error(`${folder}: ${path} has licence ${licence ?? 'unknown'}`)
      refused += 1
    }
  }
}
console.log(`${seen} packages, ${refused} refused`)
process.exit(refused ? 1 : 0)
