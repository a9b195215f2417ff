// Reads every built output and fails when a template or style does not compile, a package outgrows its
// limit, a page or component of a manifest is missing, a foreign host is named, text is hidden in a long
// String.fromCharCode run, or the H5 scripts needed for the home page outgrow their budget.
// Usage: node scripts/check-output.mjs [TARGET ...]   all four targets must be built when none is named
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { TmplGroup } from 'glass-easel-template-compiler';
import postcss from 'postcss';

const ROOT = fileURLToPath(new URL('../dist/build/', import.meta.url));
const TEXT = /\.(js|css|html|json|wxml|wxss|wxs|axml|acss|sjs|swan|svg)$/;
const HOME_SCRIPT_BYTES = 120 * 1024;
const MAIN_PACKAGE_BYTES = 1.2 * 1024 * 1024;
const SUB_PACKAGE_BYTES = 2 * 1024 * 1024;
/** What a page or component of each vendor consists of; the style may be absent. */
const VENDORS = {
  'mp-weixin': { template: '.wxml', style: '.wxss' },
  'mp-alipay': { template: '.axml', style: '.acss' },
  'mp-baidu': { template: '.swan', style: '.css' },
};
// Names that stand in code as identifiers or in messages, and are never requested.
const HARMLESS = /^(www\.w3\.org|vuejs\.org|leafletjs\.com|beian\.miit\.gov\.cn|127\.0\.0\.1|localhost)$/;
const HIDDEN = /fromCharCode\((?:\.\.\.)?\[?\s*(?:\d+\s*,\s*(?:\.\.\.\(\[[^\]]*\]\)\s*,\s*)?){6,}/;

const problems = new Set();
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
const read = (path) => readFileSync(path, 'utf8');

function walk(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

function checkHosts(path) {
  const text = read(path);
  const where = relative(ROOT, path);
  if (/dcloud\.(net|io)/i.test(text)) problems.add(`${where}: names a DCloud host`);
  if (HIDDEN.test(text)) problems.add(`${where}: long String.fromCharCode run`);
  for (const match of text.matchAll(/\b(?:https?|wss?):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)*)/gi))
    if (!HARMLESS.test(match[1])) problems.add(`${where}: names the host ${match[1]}`);
}

/** Templates by WeChat's own compiler; styles by a parser, without what a component may not select by. */
function checkSyntax(folder, files, vendor) {
  const group = new TmplGroup();
  for (const path of files) {
    const where = relative(ROOT, path);
    if (vendor === 'mp-weixin' && path.endsWith('.wxml'))
      for (const found of group.addTmpl(relative(folder, path).replace(/\.wxml$/, ''), read(path)))
        problems.add(`${where}:${found.startLine + 1}:${found.startColumn + 1}: ${found.message}`);
    if (!path.endsWith(VENDORS[vendor].style)) continue;
    try {
      const isComponent = existsSync(path.replace(/\.\w+$/, '.json')) && !/^(app|pages\/)/.test(relative(folder, path));
      postcss.parse(read(path)).walkRules((rule) => {
        if (rule.parent.type === 'atrule' && /keyframes/.test(rule.parent.name)) return;
        if (isComponent && rule.selectors.some((selector) => /(^|[\s>+~])[a-z]|#|\[/i.test(selector)))
          problems.add(`${where}: a component may not select by tag, id or attribute: ${rule.selector}`);
      });
    } catch (reason) {
      problems.add(`${where}: ${reason.message}`);
    }
  }
  group.free();
}

/** Every page of the manifest, and every component that those use, with all its files. */
function checkManifest(folder, app, vendor) {
  const { template } = VENDORS[vendor];
  const seen = new Set();
  const follow = (name, from) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const ending of ['.js', '.json', template])
      if (!existsSync(join(folder, name + ending)))
        problems.add(`${vendor}/${name}${ending}: missing, though ${from} names it`);
    if (!existsSync(join(folder, `${name}.json`))) return;
    const used = JSON.parse(read(join(folder, `${name}.json`))).usingComponents ?? {};
    for (const target of Object.values(used))
      follow(target.startsWith('/') ? target.slice(1) : join(dirname(name), target), name);
  };
  const subs = app.subPackages ?? app.subpackages ?? [];
  const pages = [...app.pages, ...subs.flatMap((sub) => sub.pages.map((page) => `${sub.root}/${page}`))];
  pages.forEach((page) => follow(page, 'app.json'));
  for (const item of app.tabBar?.list ?? app.tabBar?.items ?? []) {
    if (!app.pages.includes(item.pagePath))
      problems.add(`${vendor}: the tab ${item.pagePath} is not in the main package`);
    for (const icon of [item.iconPath, item.selectedIconPath, item.icon, item.activeIcon])
      if (icon && !icon.startsWith('@') && !existsSync(join(folder, icon))) problems.add(`${vendor}: no icon ${icon}`);
  }
  if (pages.some((page) => page.startsWith('pages/dev/'))) problems.add(`${vendor}: holds pages for developers`);
  return { pages: pages.length, subs };
}

function checkSizes(folder, files, subs, vendor) {
  const size = (list) => list.reduce((sum, path) => sum + statSync(path).size, 0);
  const inside = (root) => files.filter((path) => relative(folder, path).startsWith(`${root}/`));
  const main = files.filter((path) => !subs.some((sub) => relative(folder, path).startsWith(`${sub.root}/`)));
  if (size(main) > MAIN_PACKAGE_BYTES) problems.add(`${vendor}: the main package has ${kilobytes(size(main))}`);
  for (const sub of subs)
    if (size(inside(sub.root)) > SUB_PACKAGE_BYTES)
      problems.add(`${vendor}: ${sub.root} has ${kilobytes(size(inside(sub.root)))}`);
  return [size(main), Math.max(0, ...subs.map((sub) => size(inside(sub.root))))];
}

/** Follows the entry script, its static imports and the home page's own chunks. */
function homeScripts(folder) {
  const entry = /<script[^>]+src="\/?([^"]+\.js)"/.exec(read(join(folder, 'index.html')))?.[1];
  if (!entry) throw new Error('index.html has no entry script');
  const seen = new Set();
  const add = (path) => {
    if (seen.has(path) || !existsSync(join(folder, path))) return;
    seen.add(path);
    for (const found of read(join(folder, path)).matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g))
      add(join(path, '..', found[1]));
  };
  add(entry);
  for (const file of walk(join(folder, 'assets')))
    if (/pages-home-home\.[^/]*\.js$/.test(file)) add(relative(folder, file));
  return [...seen];
}

function checkBrowser(folder, files) {
  const scripts = homeScripts(folder);
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path)), { level: 9 }).length, 0);
  if (bytes > HOME_SCRIPT_BYTES) problems.add(`h5: the home page's scripts have ${kilobytes(bytes)} gzip`);
  if (files.some((path) => /pages-dev-/.test(path))) problems.add('h5: holds pages for developers');
  console.log(
    `h5: home needs ${scripts.length} scripts, ${kilobytes(bytes)} gzip (budget ${kilobytes(HOME_SCRIPT_BYTES)})`,
  );
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['h5', ...Object.keys(VENDORS)];
for (const target of wanted) {
  const folder = join(ROOT, target);
  if (!existsSync(folder)) throw new Error(`${target} is not built: npm run build:${target}`);
  const files = walk(folder).filter((path) => !/\.(br|gz)$/.test(path));
  files.filter((path) => TEXT.test(path)).forEach(checkHosts);
  if (target === 'h5') {
    checkBrowser(folder, files);
    continue;
  }
  checkSyntax(folder, files, target);
  const { pages, subs } = checkManifest(folder, JSON.parse(read(join(folder, 'app.json'))), target);
  const [main, largest] = checkSizes(folder, files, subs, target);
  console.log(`${target}: ${pages} pages, main package ${kilobytes(main)}, largest sub-package ${kilobytes(largest)}`);
}

if (problems.size) {
  console.error([...problems].join('\n'));
  process.exit(1);
}
console.log('outputs are clean');
