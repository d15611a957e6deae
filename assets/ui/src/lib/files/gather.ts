import { openZip, unpack, ZIP_LIMITS, ZipError } from '@/lib/zip';
import { endingOf } from './kinds';
import { litter } from './litter';
import { MOST_FILES, walk, type Found, type Skipped, type Source } from './walk';

/** A file that will be sent, under the name that it will have. */
export interface Gathered extends Found {
  title: string;
}

export interface Harvest {
  files: Gathered[];
  skipped: Skipped[];
}

/** All files of what was dropped or picked: folders walked, archives opened, litter left. `seen` is told of each. */
export async function gather(sources: Iterable<Source>, seen: (files: number) => void = () => undefined): Promise<Harvest> {
  const skipped: Skipped[] = [];
  const files: Found[] = [];
  const skip = (one: Skipped) => void skipped.push(one);
  for await (const found of walk(sources, skip)) {
    if (files.length >= MOST_FILES) {
      skip({ path: found.path, why: 'too_many' });
      break;
    }
    if (endingOf(found.path) === 'zip') files.push(...(await openArchive(found, MOST_FILES - files.length, skip)));
    else files.push(found);
    seen(files.length);
  }
  return { files: titled(files), skipped };
}

/** The files of an archive. They are unpacked one by one, when they are sent. */
async function openArchive(found: Found, room: number, skip: (one: Skipped) => void): Promise<Found[]> {
  const inside = (path: string) => `${found.path}/${path}`;
  try {
    const archive = await found.open();
    const { entries, left } = await openZip(archive, { ...ZIP_LIMITS, entries: room });
    for (const { path, why } of left) skip({ path: inside(path), why });
    const files: Found[] = [];
    for (const entry of entries) {
      const why = litter(entry.path) ?? (endingOf(entry.path) === 'zip' ? 'nested' : undefined);
      if (why) skip({ path: inside(entry.path), why });
      else {
        const name = nameOf(entry.path);
        const open = async () => new File([await unpack(archive, entry)], name, { lastModified: archive.lastModified });
        files.push({ path: inside(entry.path), size: entry.size, open });
      }
    }
    return files;
  } catch (error) {
    skip({ path: found.path, why: error instanceof ZipError ? error.why : 'unreadable' });
    return [];
  }
}

export const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Gives each file its name as title, and its folder's before it where two would be called alike. */
export function titled(files: Found[]): Gathered[] {
  const often = new Map<string, number>();
  for (const { path } of files) often.set(nameOf(path), (often.get(nameOf(path)) ?? 0) + 1);
  return files.map((file) => {
    const parts = file.path.split('/');
    const name = parts.pop()!;
    const twice = (often.get(name) ?? 0) > 1 && parts.length > 0;
    return { ...file, title: twice ? `${parts.join(' › ')} › ${name}`.slice(-200) : name };
  });
}
