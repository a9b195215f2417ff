// Units of the back office and of the shared packages, which have no install of their own.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import base from './vite.config.ts';

export default defineConfig({
  ...base,
  server: { fs: { allow: ['..'] } },
  test: {
    globals: true,
    environment: 'node',
    // Components bring their style sheets along, which only the bundler can read.
    server: { deps: { inline: [/element-plus/] } },
    dir: fileURLToPath(new URL('..', import.meta.url)),
    include: ['admin/{src,offline}/**/*.test.ts', 'packages/**/*.test.ts'],
  },
});
