/** What a file is, as far as its name tells. */
export type Kind = 'pdf' | 'text' | 'sheet' | 'slides' | 'web' | 'mail' | 'book' | 'code' | 'picture' | 'archive' | 'other';

const KINDS: Record<Exclude<Kind, 'other'>, string[]> = {
  pdf: ['pdf'],
  text: ['txt', 'md', 'markdown', 'text', 'docx', 'doc', 'odt', 'rtf', 'log', 'rst'],
  sheet: ['xlsx', 'xls', 'xlsm', 'xlsb', 'ods', 'csv', 'tsv'],
  slides: ['pptx', 'ppt', 'odp'],
  web: ['html', 'htm', 'xhtml', 'xml'],
  mail: ['eml', 'msg'],
  book: ['epub'],
  code: ['ipynb', 'json', 'yaml', 'yml', 'toml', 'py', 'rs', 'js', 'ts', 'c', 'h', 'java', 'go', 'sh', 'sql'],
  picture: ['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif', 'bmp', 'svg', 'tif', 'tiff', 'heic'],
  archive: ['zip', 'gz', 'tar', '7z', 'rar'],
};
const BY_ENDING = new Map(Object.entries(KINDS).flatMap(([kind, endings]) => endings.map((ending) => [ending, kind as Kind])));

/** The letters behind the last dot of a name, small; empty where there is none. */
export function endingOf(name: string): string {
  return /[^./]\.([^.\s/]{1,10})$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

export const kindOf = (name: string): Kind => BY_ENDING.get(endingOf(name)) ?? 'other';

/** The endings that a search can be narrowed to, in the order in which they are offered. */
export const SEARCHED_ENDINGS = ['pdf', 'docx', 'odt', 'rtf', 'pptx', 'xlsx', 'xls', 'ods', 'csv', 'md', 'txt', 'html', 'eml', 'msg', 'epub', 'ipynb'];

/** How an original can be shown without handing its bytes to anything that runs them. */
export type Shown = 'text' | 'picture' | 'none';

/** As letters, as pixels, or not at all; what the upload said of its type decides nothing. */
export function shownAs(name: string): Shown {
  const ending = endingOf(name);
  if (['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif', 'bmp'].includes(ending)) return 'picture';
  const kind = kindOf(name);
  const letters = kind === 'web' || kind === 'code' || ['txt', 'md', 'markdown', 'text', 'log', 'rst', 'csv', 'tsv', 'eml'].includes(ending);
  return letters ? 'text' : 'none';
}
