import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const FROM_SWAGGER = ['swagger-ui-bundle.js', 'swagger-ui.css'];
const OURS = ['index.html', 'init.js', 'explorer.css'];

/** Puts the API explorer into dist/explorer: swagger-ui's files as they are, our page around them. */
export function explorer(source: string): Plugin {
  let out = 'dist';
  return {
    name: 'explorer',
    apply: 'build',
    configResolved(config) {
      out = join(config.root, config.build.outDir, 'explorer');
    },
    async writeBundle() {
      const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
      await mkdir(out, { recursive: true });
      for (const name of FROM_SWAGGER) await copyFile(join(swagger, name), join(out, name));
      for (const name of OURS) await copyFile(join(source, name), join(out, name));
    },
  };
}
