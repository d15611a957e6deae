import type { ElementContent } from 'hast';
import { createLowlight } from 'lowlight';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

const lowlight = createLowlight({
  bash, c, cpp, css, diff, go, ini, java, javascript, json, markdown, python, rust, sql, typescript,
  xml, yaml,
});

/** Longer code than this is not worth the time it takes to colour. */
const LONGEST = 50_000;

/** A run of characters with one colour; `kind` is empty for plain ones. */
export interface Run {
  text: string;
  kind: string;
}

/** Colours code; null for a language that is not known. */
export function highlight(code: string, lang: string): Run[] | null {
  if (!lowlight.registered(lang) || code.length > LONGEST) return null;
  const runs: Run[] = [];
  flatten(lowlight.highlight(lang, code).children as ElementContent[], '', runs);
  return runs;
}

function flatten(nodes: readonly ElementContent[], kind: string, into: Run[]) {
  for (const node of nodes) {
    if (node.type === 'text') into.push({ text: node.value, kind });
    if (node.type !== 'element') continue;
    const [name] = (node.properties['className'] as string[] | undefined) ?? [];
    flatten(node.children, name ? name.replace(/^hljs-/, '') : kind, into);
  }
}
