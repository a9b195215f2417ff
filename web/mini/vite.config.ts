// Builds the customer app for every platform; `HEFANG_API` names the server that `npm run dev:h5` talks to.
import { fileURLToPath, URL } from 'node:url';
import uniModule from '@dcloudio/vite-plugin-uni';
import { defineConfig, type Plugin } from 'vite';
import { firstPage } from './vite/first-page';
import { firstView } from './vite/first-view';
import { messageAreas } from './vite/message-areas';
import { stripBeacon } from './vite/strip-beacon';

const uni = ((uniModule as unknown as { default?: () => Plugin[] }).default ??
  (uniModule as unknown as () => Plugin[])) as () => Plugin[];

const server = process.env.HEFANG_API ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/',
  plugins: [
    stripBeacon(),
    ...(process.env.UNI_PLATFORM === 'h5' ? [messageAreas(), firstPage(), firstView()] : []),
    uni(),
  ],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      '@shared': fileURLToPath(new URL('../packages/shared', import.meta.url)),
    },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    fs: { allow: ['..'] },
    proxy: { '/api': server, '/files': server, '/sandbox': server },
  },
  build: { target: 'es2018', sourcemap: false },
});
