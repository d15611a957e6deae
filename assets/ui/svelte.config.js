import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** `fragments: 'tree'` makes elements by `createElement`: no `innerHTML`, hence no trusted-types policy. */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true, fragments: 'tree' },
};
