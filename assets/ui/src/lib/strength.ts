// The box's own list, so that both say the same: 3 kB, loaded with the forms that choose passwords.
import list from '../../../common-passwords.txt?raw';

/** Characters of a password, at least and at most. */
export const LEAST = 12;
export const MOST = 128;
/** A password must keep this many characters when everything well known is taken out of it. */
const OWN_CHARS = 6;

/** Why the box refuses a password; the rules are those of `src/auth/strength.rs`. */
export type Weakness = 'short' | 'long' | 'pattern' | 'common' | 'personal';

/** Whose password it is. */
export interface Owner {
  email: string;
  name: string;
}

const COMMON = new Set(list.split('\n').map((line) => line.replace(/#.*/, '').trim()).filter(Boolean));
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
].flatMap((row) => [row, [...row].reverse().join('')]);
const LETTERS: Record<string, string> = { 0: 'o', 1: 'i', '!': 'i', 3: 'e', 4: 'a', '@': 'a', 5: 's', $: 's', 7: 't' };

/** Judges as the box will, so that nobody learns it only after sending the form. */
export function weakness(password: string, { email, name }: Owner): Weakness | null {
  const composed = password.normalize('NFKC');
  const length = [...composed].length;
  if (length < LEAST) return 'short';
  if (length > MOST) return 'long';
  const text = composed.toLowerCase();
  const chars = [...text];
  if (repeats(chars) || followsRows(chars)) return 'pattern';
  if (isCommon(text)) return 'common';
  return ownChars(text, `${email} ${name}`.toLowerCase()) < OWN_CHARS ? 'personal' : null;
}

/** 0 if the box refuses it; else by length: 1 fair, 2 good, 3 strong. */
export function strength(password: string, owner: Owner): number {
  if (weakness(password, owner)) return 0;
  const length = [...password].length;
  if (length < 16) return 1;
  return length < 20 ? 2 : 3;
}

/** Is it one short piece over and over, or made of two or three characters? */
function repeats(chars: string[]): boolean {
  if (new Set(chars).size <= 3) return true;
  for (let size = 1; size < Math.min(LEAST, Math.floor(chars.length / 2) + 1); size++) {
    if (chars.every((char, at) => char === chars[at % size])) return true;
  }
  return false;
}

/** Is nearly all of it runs along a row of the keyboard, the alphabet or the digits? */
function followsRows(chars: string[]): boolean {
  let along = 0;
  for (let at = 0; at < chars.length; ) {
    const length = Math.max(...ROWS.map((row) => run(chars, at, row)));
    if (length >= 3) along += length;
    at += length;
  }
  return chars.length - along < OWN_CHARS / 2;
}

/** How many characters from `at` on stand side by side in the row; at least 1. */
function run(chars: string[], at: number, row: string): number {
  let longest = 1;
  for (let from = 0; from < row.length; from++) {
    let length = 0;
    while (from + length < row.length && row[from + length] === chars[at + length]) length += 1;
    longest = Math.max(longest, length);
  }
  return longest;
}

/** Is it a well-known word, or two, with digits and signs around or in place of letters? */
function isCommon(text: string): boolean {
  const letters = (words: string) => words.replace(/\P{Alphabetic}/gu, '');
  const undone = (words: string) => letters([...words].map((char) => LETTERS[char] ?? char).join(''));
  const bare = text.replace(/^\P{Alphabetic}+|\P{Alphabetic}+$/gu, '');
  return [text, letters(text), undone(text), undone(bare)].some((form) => {
    if (COMMON.has(form)) return true;
    return [...form].some((_, at) => COMMON.has(form.slice(0, at)) && COMMON.has(form.slice(at)));
  });
}

/** Characters that are left without the product's words and the person's. */
function ownChars(text: string, owner: string): number {
  const words = owner.split(/[^\p{Alphabetic}\p{N}]/u).filter((word) => [...word].length >= 3);
  const personal = [...words, 'privatestack', 'private', 'stack'].sort((a, b) => b.length - a.length);
  const rest = personal.reduce((left, word) => left.replaceAll(word, ''), text);
  const count = (kind: RegExp) => rest.match(kind)?.length ?? 0;
  return count(/\p{Alphabetic}/gu) + Math.floor(count(/\p{N}/gu) / 2);
}
