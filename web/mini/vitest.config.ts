// Unit tests run without uni-app: plain Vue, mini-program elements as custom elements, and a stand-in
// for the `uni` object (tests/setup.ts).
import { fileURLToPath, URL } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

const ELEMENTS = /^(view|text|image|swiper|swiper-item|scroll-view|navigator|rich-text)$/;

export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => ELEMENTS.test(tag) } } })],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      '@shared': fileURLToPath(new URL('../packages/shared', import.meta.url)),
    },
  },
  define: { 'process.env.UNI_PLATFORM': '"h5"' },
  test: { environment: 'happy-dom', setupFiles: ['tests/setup.ts'], include: ['tests/**/*.test.ts'] },
});
