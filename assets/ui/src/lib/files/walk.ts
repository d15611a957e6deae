import { litter } from './litter';

/** What a drop or a picker hands over: files, and folders that have to be walked. */
export type Source = File | FileSystemEntry;

/** A file that may be added. */
export interface Found {
  /** Folders and name, from what was dropped. */
  path: string;
  /** Its size in bytes, as far as known before it is opened. */
  size: number;
  open: () => Promise<File>;
}

/** Why something that was dropped is not added. */
export type SkipReason =
  | 'litter' | 'hidden' | 'unreadable' | 'too_many' | 'too_deep'
  | 'encrypted' | 'method' | 'too_large' | 'bomb' | 'link' | 'damaged' | 'nested' | 'not_zip' | 'split' | 'chosen';

export interface Skipped {
  path: string;
  why: SkipReason;
}

export const MOST_FILES = 5000;
const DEEPEST = 32;
/** Names looked at in all: folders without end are left. */
const MOST_NAMES = 50_000;

/** What was dropped. Must be called within the event: the browser empties the list behind it. */
export function sourcesOf(transfer: DataTransfer | null): Source[] {
  const items = [...(transfer?.items ?? [])].filter((item) => item.kind === 'file');
  const sources = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = sources.filter((source) => source !== null);
  return found.length > 0 ? found : [...(transfer?.files ?? [])];
}

const isEntry = (source: Source): source is FileSystemEntry => 'fullPath' in source;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** The files of all sources, folders walked to their ends; what is left out goes to `skip`. */
export async function* walk(sources: Iterable<Source>, skip: (one: Skipped) => void): AsyncGenerator<Found> {
  let names = 0;
  for (const source of sources) {
    if (!isEntry(source)) {
      const path = source.webkitRelativePath || source.name;
      const why = litter(path);
      if (why) skip({ path, why });
      else yield { path, size: source.size, open: () => Promise.resolve(source) };
      continue;
    }
    const left: [FileSystemEntry, depth: number][] = [[source, 0]];
    while (left.length > 0) {
      const [entry, depth] = left.pop()!;
      const path = entry.fullPath.replace(/^\//, '');
      names += 1;
      const why = litter(path) ?? (names > MOST_NAMES ? 'too_many' : depth > DEEPEST ? 'too_deep' : undefined);
      if (why) {
        skip({ path, why });
        if (why === 'too_many') return;
        continue;
      }
      try {
        if (isFolder(entry)) {
          const children = await childrenOf(entry);
          for (const child of children.reverse()) left.push([child, depth + 1]);
        } else {
          const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
          yield { path, size: file.size, open: () => Promise.resolve(file) };
        }
      } catch {
        skip({ path, why: 'unreadable' });
      }
    }
  }
}

/** A folder tells its entries in portions; an empty one is the last. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  while (all.length <= MOST_NAMES) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) break;
    all.push(...portion);
  }
  return all.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}
