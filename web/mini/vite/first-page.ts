// What the home page needs comes as one file with the entry, what a product's page adds as another, and the page itself is asked for together with
// it instead of after it: a phone on a slow network waits once, not level by level. The files of the other
// pages are listed in the document; src/platform/browser.ts asks for them once the first page has come to rest.
import type { Plugin } from 'vite';

const SHOP =
  /\/src\/(components\/(page|faces|empty|trouble|bone|icon|icons|price|tag|product-card|product-grid)\.|platform\/(photo|desktop-bar|near|network)\.|composables\/(load|prefetch)\.)/;
/** Already in the document, or only for who chose it. */
const FIRST = /\/(index|shop|uni|messages-en)[^/]*$/;
/** Of its own, or the chunk of who uses it first would take it along. */
const SHEET = /\/src\/components\/sheet\./;
const BUYING = /\/src\/components\/(cell|sku-panel|stepper|review|stars|store)\./;
const HOME = /\/(pages-home-home\.[^/]*\.js|home-[^/]*\.css)$/;

/** The home page's own files and what they import, each once and without what the entry brings. */
function homeFiles(bundle: Record<string, { type: string; imports?: string[]; isEntry?: boolean }>): Set<string> {
  const found = new Set<string>();
  const add = (name: string): void => {
    const file = bundle[name];
    if (!file || found.has(name) || file.isEntry) return;
    found.add(name);
    (file.imports ?? []).forEach(add);
  };
  Object.keys(bundle)
    .filter((name) => HOME.test(name))
    .forEach(add);
  return found;
}

export function firstPage(): Plugin {
  return {
    name: 'hefang:first-page',
    apply: 'build',
    config: () => ({
      build: {
        rollupOptions: {
          output: {
            manualChunks: (id) =>
              SHOP.test(id) ? 'shop' : SHEET.test(id) ? 'sheet' : BUYING.test(id) ? 'buying' : undefined,
          },
        },
      },
    }),
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle }) => {
        const names = Object.keys(bundle ?? {});
        const home = homeFiles(bundle ?? {});
        const later = names.filter((name) => /\.(js|css)$/.test(name) && !home.has(name) && !FIRST.test(name));
        const list = {
          tag: 'script',
          attrs: { type: 'application/json', id: 'later' },
          children: JSON.stringify(later.map((name) => `/${name}`)),
          injectTo: 'body' as const,
        };
        const now = [...home]
          .filter((name) => !html.includes(`"/${name}"`))
          .map((name) => ({
            tag: 'link',
            attrs: name.endsWith('.js')
              ? { rel: 'modulepreload', crossorigin: true, href: `/${name}` }
              : { rel: 'preload', as: 'style', crossorigin: true, href: `/${name}` },
            injectTo: 'head' as const,
          }));
        return [...now, list];
      },
    },
  };
}
