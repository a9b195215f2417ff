// In browsers a page brings the sentences it speaks: a file that says `t('order.…')` gets an import of
// messages/zh/order.ts, so that the first page does not load what only other pages say. Mini programs
// carry everything (src/platform/language.ts).
import type { Plugin } from 'vite';

const SPOKEN = /\bt(?:OrNothing)?\(\s*['"`]([a-z]+(?:-[a-z]+)*)\./g;
const SCRIPT = /<script\b[^>]*>/;

export function messageAreas(): Plugin {
  return {
    name: 'hefang:message-areas',
    enforce: 'pre',
    transform(code, id) {
      const [path] = id.split('?');
      if (!path || !/\/src\/.*\.(vue|ts)$/.test(path) || id !== path || /\/src\/messages\//.test(path)) return null;
      const areas = [...new Set([...code.matchAll(SPOKEN)].map((match) => match[1]))].sort();
      if (!areas.length) return null;
      const imports = areas.map((area) => `import '@/messages/zh/${area}';`).join('');
      if (path.endsWith('.ts')) return { code: imports + code, map: null };
      if (!SCRIPT.test(code)) this.error(`${path} says something and has no script`);
      return { code: code.replace(SCRIPT, (tag) => tag + imports), map: null };
    },
  };
}
