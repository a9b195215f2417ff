// Writes `sw.js`: the worker of `worker.js` with the list of the files that the clerk's pages need, found by following what
// they import. The list's hash is the worker's version, so browsers notice a new build.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** The parts of a built file that are looked at. */
export interface Built {
  isEntry: boolean;
  facadeModuleId: string | null;
  imports: string[];
  dynamicImports: string[];
  viteMetadata?: { importedCss: Set<string>; importedAssets: Set<string> };
}

/**
 * Names of the files that the pages need, the program's entry among them. What a page may load later (the camera's reader)
 * belongs to it; what the entry may load later is every other page, and does not.
 */
export function filesOf(built: Map<string, Built>, is_wanted: (module: string) => boolean): string[] {
  const names = [...built]
    .filter(([, file]) => file.isEntry || is_wanted(file.facadeModuleId ?? ''))
    .map(([name]) => name);
  const found = new Set<string>();
  while (names.length) {
    const name = names.pop()!;
    const file = built.get(name);
    if (!file || found.has(name)) continue;
    found.add(name);
    names.push(...file.imports, ...(file.isEntry ? [] : file.dynamicImports));
    file.viteMetadata?.importedCss.forEach((style) => found.add(style));
    file.viteMetadata?.importedAssets.forEach((asset) => found.add(asset));
  }
  return [...found].sort();
}

/** `pages`: ends of the paths of the pages' source files. */
export function offline(pages: string[]): Plugin {
  return {
    name: 'hefang-offline',
    apply: 'build',
    generateBundle(_options, bundle) {
      const built = new Map<string, Built>();
      for (const [name, file] of Object.entries(bundle))
        if (file.type === 'chunk') built.set(name, file as unknown as Built);
      const missing = pages.filter((end) => ![...built.values()].some((file) => file.facadeModuleId?.endsWith(end)));
      if (missing.length) this.error(`pages to keep for bad networks that were not built: ${missing.join(', ')}`);
      const files = filesOf(built, (module) => pages.some((end) => module.endsWith(end))).map(
        (name) => `/admin/${name}`,
      );
      const version = createHash('sha256').update(files.join()).digest('hex').slice(0, 12);
      const worker = readFileSync(new URL('./worker.js', import.meta.url), 'utf8');
      const source = `const VERSION = '${version}';\nconst FILES = ${JSON.stringify(files)};\n${worker}`;
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}
