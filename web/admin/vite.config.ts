// The back office is served under /admin/ by the server. In development the API is proxied to a
// running server: HEFANG_SERVER=http://127.0.0.1:8080 npm run dev

import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import AutoImport from 'unplugin-auto-import/vite';
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers';
import Components from 'unplugin-vue-components/vite';
import { defineConfig } from 'vite';
import { offline } from './offline/plugin';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// The lists of auto-imported names are written by builds, not by tests, which see only a part.
const dts = (path: string) => (process.env.VITEST ? false : path);
const server = process.env.HEFANG_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/admin/',
  plugins: [
    vue(),
    AutoImport({ resolvers: [ElementPlusResolver()], dts: dts('src/auto-imports.d.ts') }),
    Components({ dirs: [], resolvers: [ElementPlusResolver()], dts: dts('src/auto-components.d.ts') }),
    offline(['/shell/layout.vue', '/trade/redeem/page.vue', '/store/counter/page.vue']),
  ],
  resolve: {
    alias: { '@': here('./src'), '@shared': here('../packages/shared'), '@api': here('../packages/api') },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(['/admin/v1', '/api/v1', '/files', '/sandbox'].map((path) => [path, server])),
  },
  build: { target: 'es2022', chunkSizeWarningLimit: 900 },
});
