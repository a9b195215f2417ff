import { describe, expect, it } from 'vitest';
import { type Built, filesOf } from './plugin';

const chunk = (imports: string[], dynamicImports: string[] = [], more: Partial<Built> = {}): Built => ({
  isEntry: false,
  facadeModuleId: null,
  imports,
  dynamicImports,
  ...more,
});

describe('the files that a page needs', () => {
  const style = { importedCss: new Set(['till.css']), importedAssets: new Set<string>() };
  const built = new Map<string, Built>([
    ['entry.js', chunk(['vue.js'], ['till.js', 'report.js'], { isEntry: true })],
    ['till.js', chunk(['money.js'], ['camera.js'], { facadeModuleId: '/src/till/page.vue', viteMetadata: style })],
    ['report.js', chunk(['charts.js'], [], { facadeModuleId: '/src/report/page.vue' })],
    ['money.js', chunk(['vue.js'])],
    ['camera.js', chunk(['reader.js'])],
    ['reader.js', chunk(['camera.js'])],
    ['vue.js', chunk([])],
    ['charts.js', chunk([])],
  ]);

  it('are what it imports now and later, and the entry, but no other page', () => {
    const files = filesOf(built, (module) => module.endsWith('/till/page.vue'));
    expect(files).toEqual(['camera.js', 'entry.js', 'money.js', 'reader.js', 'till.css', 'till.js', 'vue.js']);
  });
});
