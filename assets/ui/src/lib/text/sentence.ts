import { t } from '@/lib/strings';

/** A word that may be written with a capital: not a name such as `log.filter`. */
const WORD = /^\p{Ll}[\p{L}’'-]*(?=[\s,;:]|$)/u;
const ENDED = /[.!?…][”’"')\]]?$/u;

/** What the box says, which it writes as a part of a sentence, as a sentence of its own. */
export function sentence(words: string): string {
  const text = words.trim();
  if (!text) return text;
  const [first = ''] = text;
  const begun = WORD.test(text) ? first.toLocaleUpperCase(t.lang) + text.slice(first.length) : text;
  return ENDED.test(begun) ? begun : `${begun}.`;
}
