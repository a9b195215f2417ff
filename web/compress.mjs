// Writes .br and .gz copies of the files below a folder that packing helps, when they are smaller.
// Usage: node web/compress.mjs FOLDER
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const PACKED = /\.(html|js|mjs|css|json|svg|txt|wasm)$/
const SMALLEST = 1024

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* files(path)
    else yield path
  }
}

for (const path of files(process.argv[2])) {
  if (!PACKED.test(path) || statSync(path).size < SMALLEST) continue
  const bytes = readFileSync(path)
  const copies = {
    '.br': brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }),
    '.gz': gzipSync(bytes, { level: 9 }),
  }
  for (const [ending, copy] of Object.entries(copies)) if (copy.length < bytes.length) writeFileSync(path + ending, copy)
}
