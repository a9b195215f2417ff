// Reads every built file and fails when one of them names a foreign host, hides text in a long
// String.fromCharCode run, or when the H5 scripts needed for the home page outgrow their budget.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../dist/build/', import.meta.url));
const TEXT = /\.(js|css|html|json|wxml|wxss|wxs|svg)$/;
const BUDGET_BYTES = 120 * 1024;
// Names that stand in code as identifiers or in messages, and are never requested.
const HARMLESS = /^(www\.w3\.org|vuejs\.org|127\.0\.0\.1|localhost)$/;

const problems = [];

function walk(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

function inspect(path) {
  const text = readFileSync(path, 'utf8');
  const where = path.slice(ROOT.length);
  if (/dcloud\.(net|io)/i.test(text)) problems.push(`${where}: names a DCloud host`);
  if (/fromCharCode\((?:\.\.\.)?\[?\s*(?:\d+\s*,\s*(?:\.\.\.\(\[[^\]]*\]\)\s*,\s*)?){6,}/.test(text))
    problems.push(`${where}: long String.fromCharCode run`);
  for (const match of text.matchAll(/\b(?:https?|wss?):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)*)/gi))
    if (!HARMLESS.test(match[1])) problems.push(`${where}: names the host ${match[1]}`);
}

/** Follows the entry script, its static imports and the home page's own chunks. */
function homeScripts(folder) {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const entry = /<script[^>]+src="\/?([^"]+\.js)"/.exec(html)?.[1];
  if (!entry) throw new Error('index.html has no entry script');
  const seen = new Set();
  const add = (path) => {
    if (seen.has(path) || !existsSync(join(folder, path))) return;
    seen.add(path);
    const code = readFileSync(join(folder, path), 'utf8');
    for (const found of code.matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g)) add(join(path, '..', found[1]));
  };
  add(entry);
  for (const file of walk(join(folder, 'assets')))
    if (/pages-home-[^/]*\.js$/.test(file)) add(file.slice(folder.length).replace(/^\//, ''));
  return [...seen];
}

if (!existsSync(ROOT)) throw new Error('nothing is built yet: run npm run build:h5 first');
for (const file of walk(ROOT).filter((path) => TEXT.test(path))) inspect(file);

const h5 = join(ROOT, 'h5');
if (existsSync(h5)) {
  const scripts = homeScripts(h5);
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(h5, path)), { level: 9 }).length, 0);
  console.log(`h5 home: ${scripts.length} scripts, ${(bytes / 1024).toFixed(1)} KB gzip (budget 120 KB)`);
  if (bytes > BUDGET_BYTES) problems.push('h5: the home scripts outgrew their budget');
}

if (problems.length) {
  console.error([...new Set(problems)].join('\n'));
  process.exit(1);
}
console.log('outputs are clean');
