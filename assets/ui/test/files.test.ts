import { describe, expect, it } from 'vitest';
import { gather, titled } from '@/lib/files/gather';
import { endingOf, kindOf, shownAs } from '@/lib/files/kinds';
import { litter } from '@/lib/files/litter';
import { MOST_FILES, type Source } from '@/lib/files/walk';

const open = () => Promise.reject(new Error('not opened here'));

type Tree = { [name: string]: Tree | string | null };

/** A folder as a browser hands it over: its entries come two at a time, and `null` cannot be read. */
function entry(name: string, tree: Tree | string | null, path = `/${name}`): FileSystemEntry {
  if (tree === null || typeof tree === 'string') {
    const file = (good: (file: File) => void, bad: (error: Error) => void) =>
      tree === null ? bad(new Error('no')) : good(new File([tree], name));
    return { isDirectory: false, isFile: true, name, fullPath: path, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const left = Object.entries(tree).map(([child, below]) => entry(child, below, `${path}/${child}`));
    return { readEntries: (good: (list: FileSystemEntry[]) => void) => good(left.splice(0, 2)) };
  };
  return { isDirectory: true, isFile: false, name, fullPath: path, createReader } as unknown as FileSystemEntry;
}

describe('what was dropped', () => {
  it('is walked to the ends of its folders, in order, and litter is named', async () => {
    const folder = entry('Team', {
      'b.md': 'b',
      'a10.md': 'a',
      'a9.md': 'a',
      '.git': { config: 'x' },
      '.DS_Store': 'x',
      locked: null,
      deep: { deeper: { 'c.txt': 'c', 'Thumbs.db': 'x' } },
      empty: {},
    });
    const { files, skipped } = await gather([folder, new File(['x'], 'single.txt')]);
    expect(files.map(({ path }) => path)).toEqual(['Team/a9.md', 'Team/a10.md', 'Team/b.md', 'Team/deep/deeper/c.txt', 'single.txt']);
    expect(await (await files[3]!.open()).text()).toBe('c');
    expect(skipped).toEqual([
      { path: 'Team/.DS_Store', why: 'litter' },
      { path: 'Team/.git', why: 'hidden' },
      { path: 'Team/deep/deeper/Thumbs.db', why: 'litter' },
      { path: 'Team/locked', why: 'unreadable' },
    ]);
  });

  it('ends at the most files, and says so', async () => {
    const many: Source[] = Array.from({ length: MOST_FILES + 3 }, (_, i) => new File(['x'], `${i}.txt`));
    const { files, skipped } = await gather(many);
    expect(files.length).toBe(MOST_FILES);
    expect(skipped).toEqual([{ path: `${MOST_FILES}.txt`, why: 'too_many' }]);
  });

  it('ends in a folder that holds itself', async () => {
    const loop: Tree = {};
    loop['again'] = loop;
    const { files, skipped } = await gather([entry('loop', loop)]);
    expect([files.length, skipped.map(({ why }) => why)]).toEqual([0, ['too_deep']]);
  });

  it('names an archive that is none', async () => {
    const { files, skipped } = await gather([new File(['no archive'], 'a.zip')]);
    expect([files, skipped]).toEqual([[], [{ path: 'a.zip', why: 'not_zip' }]]);
  });
});

describe('titles', () => {
  it('are names, with the folder where two are called alike', () => {
    const files = ['x/README.md', 'x/y/README.md', 'x/plan.md', 'README.md'].map((path) => ({ path, size: 1, open }));
    expect(titled(files).map(({ title }) => title)).toEqual(['x › README.md', 'x › y › README.md', 'plan.md', 'README.md']);
  });
});

describe('names', () => {
  it('tell litter and hidden files', () => {
    for (const [path, what] of [
      ['a/.DS_Store', 'litter'], ['__MACOSX/a/._b.txt', 'litter'], ['Thumbs.db', 'litter'], ['d/desktop.ini', 'litter'],
      ['~$report.docx', 'litter'], ['.env', 'hidden'], ['.git/config', 'hidden'], ['a.b/c.txt', undefined], ['notes', undefined],
    ] as const) {
      expect(litter(path), path).toBe(what);
    }
  });

  it('tell kinds, and how an original may be shown', () => {
    for (const [name, ending, kind, shown] of [
      ['A.PDF', 'pdf', 'pdf', 'none'], ['b.tar.gz', 'gz', 'archive', 'none'], ['c.html', 'html', 'web', 'text'],
      ['photo.JPG', 'jpg', 'picture', 'picture'], ['vector.svg', 'svg', 'picture', 'none'], ['d.csv', 'csv', 'sheet', 'text'],
      ['d.xlsx', 'xlsx', 'sheet', 'none'], ['.env', '', 'other', 'none'], ['no ending', '', 'other', 'none'],
    ] as const) {
      expect([endingOf(name), kindOf(name), shownAs(name)], name).toEqual([ending, kind, shown]);
    }
  });
});
