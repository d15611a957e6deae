/** Files that systems leave behind in folders and archives, and that nobody means to add. */

const NAMES = new Set(['thumbs.db', 'ehthumbs.db', 'desktop.ini', '__macosx', '$recycle.bin', 'system volume information']);

/** `litter` for what a system keeps for itself, `hidden` for names with a dot before them, else nothing. */
export function litter(path: string): 'litter' | 'hidden' | undefined {
  const parts = path.split('/').filter(Boolean);
  if (parts.some((part) => NAMES.has(part.toLowerCase()) || part === '.DS_Store' || part.startsWith('._'))) return 'litter';
  // Locks of open documents: `~$report.docx`, `.~lock.report.odt#`.
  if (/^~\$|^\.~lock\./.test(parts.at(-1) ?? '')) return 'litter';
  return parts.some((part) => part.startsWith('.')) ? 'hidden' : undefined;
}
