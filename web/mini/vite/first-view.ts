// Puts src/first.ts into the document as a script of its own, and moves the style sheet behind it: what the script draws is
// styled in the document, so nothing has to wait for the sheet. The server names the script in its content policy.
import { readFileSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';
import { transformWithEsbuild, type Plugin } from 'vite';

const SOURCE = fileURLToPath(new URL('../src/first.ts', import.meta.url));
const PLACE = '<!--first-->';
const SHEET = /\s*<link rel="stylesheet"[^>]*>/g;
const ENTRY = /\s*<script type="module"[^>]*><\/script>/g;

export function firstView(): Plugin {
  return {
    name: 'hefang:first-view',
    transformIndexHtml: {
      order: 'post',
      handler: async (html) => {
        if (!html.includes(PLACE)) throw new Error(`index.html has no ${PLACE}`);
        const built = await transformWithEsbuild(readFileSync(SOURCE, 'utf8'), 'first.ts', {
          minify: true,
          target: 'es2018',
        });
        const code = built.code.trim().replace(/<\/script/g, '<\\/script');
        const sheets = html.match(SHEET) ?? [];
        const entries = html.match(ENTRY) ?? [];
        const rest = html.replace(SHEET, '').replace(ENTRY, '');
        return rest.replace(PLACE, () => `<script>${code}</script>${sheets.join('')}${entries.join('')}`);
      },
    },
  };
}
