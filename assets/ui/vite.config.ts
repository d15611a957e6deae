import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { explorer } from './build/explorer.ts';
import { guardBundle, highlightWithoutDom } from './build/guard-bundle.ts';
import { precompress } from './build/precompress.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [svelte(), highlightWithoutDom(), guardBundle(), explorer(here('explorer')), precompress()],
  resolve: {
    alias: {
      // The package's browser build decodes entities through `innerHTML`, which our policy forbids.
      'decode-named-character-reference': here('src/lib/markdown/entities.ts'),
      '@': here('src'),
    },
  },
  build: {
    target: 'es2022',
    // `light-dark()` and nesting as they are written.
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
  server: {
    proxy: { '/api': 'http://127.0.0.1:8080', '/readyz': 'http://127.0.0.1:8080' },
    fs: { allow: [here('.'), here('../common-passwords.txt')] },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
