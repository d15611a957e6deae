import type { Plugin } from 'vite';
import { gzipSync } from 'node:zlib';

/** The most script that may come before the first page is usable, gzip. */
const FIRST_LOAD_LIMIT = 150 * 1024;

/** What a chunk must not hold: the box's content security policy forbids it at run time. */
const FORBIDDEN: [RegExp, string][] = [
  [/createPolicy\(/, 'a trusted-types policy'],
  [/\.(inner|outer)HTML\s*=[^=]/, 'an assignment to innerHTML'],
  [/insertAdjacentHTML\(/, 'insertAdjacentHTML'],
  [/\beval\(|new Function\(/, 'code made from text'],
];

/** Fails the build when the script could not run under the policy, or is too much for a first load. */
export function guardBundle(): Plugin {
  return {
    name: 'guard-bundle',
    apply: 'build',
    generateBundle(_options, bundle) {
      let firstLoad = 0;
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const initial = new Set<string>();
      const follow = (name: string) => {
        if (initial.has(name)) return;
        initial.add(name);
        const chunk = bundle[name];
        if (chunk?.type === 'chunk') chunk.imports.forEach(follow);
      };
      // A conversation is what most people see first: its chunk counts, although it is loaded later.
      const first = (name: string, isEntry: boolean) => isEntry || name === 'Chat';
      chunks.filter((chunk) => first(chunk.name, chunk.isEntry)).forEach((chunk) => follow(chunk.fileName));
      for (const chunk of chunks) {
        for (const [pattern, what] of FORBIDDEN) {
          if (pattern.test(chunk.code)) this.error(`${chunk.fileName} holds ${what}`);
        }
        if (initial.has(chunk.fileName)) firstLoad += gzipSync(chunk.code, { level: 9 }).length;
      }
      if (firstLoad > FIRST_LOAD_LIMIT) {
        this.error(`first load is ${firstLoad} bytes of script (gzip), more than ${FIRST_LOAD_LIMIT}`);
      }
      this.info(`first load: ${(firstLoad / 1024).toFixed(1)} KB of script (gzip)`);
    },
  };
}

/** Takes out of highlight.js what writes to the page: only its parser is used here. */
export function highlightWithoutDom(): Plugin {
  const writes = 'element.innerHTML = result.value;';
  return {
    name: 'highlight-without-dom',
    apply: 'build',
    transform(code, id) {
      if (!/highlight\.js\/lib\/core\.js$/.test(id)) return null;
      if (!code.includes(writes)) this.error('highlight.js has changed: look at how it writes to the page');
      return { code: code.replace(writes, ''), map: null };
    },
  };
}
