import { deflateRawSync, crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { harmless, openZip, unpack, ZIP_LIMITS, ZipError } from '@/lib/zip';

interface Given {
  name: string | Uint8Array;
  data?: string | Uint8Array;
  stored?: boolean;
  flags?: number;
  method?: number;
  mode?: number;
  size?: number;
  crc?: number;
}

const utf8 = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? new TextEncoder().encode(text) : text);

/** Writes an archive; what is given of an entry overrides what is true of it. */
function zip(given: Given[], { before = utf8(''), comment = '' } = {}): Blob {
  const parts: Uint8Array[] = [before];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const one of given) {
    const name = utf8(one.name);
    const data = utf8(one.data ?? '');
    const packed = one.stored ? data : new Uint8Array(deflateRawSync(data));
    const method = one.method ?? (one.stored ? 0 : 8);
    const sum = one.crc ?? crc32(data);
    const size = one.size ?? data.length;
    const local = fields([[4, 0x04034b50], [2, 20], [2, one.flags ?? 0], [2, method], [4, 0], [4, sum], [4, packed.length], [4, size], [2, name.length], [2, 0]]);
    parts.push(local, name, packed);
    central.push(
      fields([[4, 0x02014b50], [2, (3 << 8) | 20], [2, 20], [2, one.flags ?? 0], [2, method], [4, 0], [4, sum], [4, packed.length], [4, size],
        [2, name.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, ((one.mode ?? 0o100644) << 16) >>> 0], [4, at]]),
      name,
    );
    at += local.length + name.length + packed.length;
  }
  const bytes = central.reduce((sum, part) => sum + part.length, 0);
  const tail = utf8(comment);
  const end = fields([[4, 0x06054b50], [2, 0], [2, 0], [2, given.length], [2, given.length], [4, bytes], [4, at], [2, tail.length]]);
  return new Blob([...parts, ...central, end, tail] as Uint8Array<ArrayBuffer>[]);
}

function fields(list: [width: 2 | 4, value: number][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(list.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of list) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}

const text = async (archive: Blob, path: string) => {
  const { entries } = await openZip(archive);
  return (await unpack(archive, entries.find((entry) => entry.path === path)!)).text();
};
const why = (code: ZipError['why']) => expect.objectContaining({ name: 'ZipError', why: code });

describe('archives', () => {
  it('give back what was put in, packed or stored, with folders and a comment', async () => {
    const archive = zip(
      [
        { name: 'Berichte/', stored: true },
        { name: 'Berichte/Größe.txt', data: 'Maße und Größen. '.repeat(5000) },
        { name: 'b.csv', data: 'a;b\n1;2\n', stored: true },
        { name: 'empty.txt', stored: true },
      ],
      { comment: 'PK\u0005\u0006 is no end here' },
    );
    const { entries, left } = await openZip(archive);
    expect(entries.map(({ path, size }) => [path, size])).toEqual([['Berichte/Größe.txt', 100_000], ['b.csv', 8], ['empty.txt', 0]]);
    expect(left).toEqual([]);
    expect(await text(archive, 'Berichte/Größe.txt')).toBe('Maße und Größen. '.repeat(5000));
    expect(await text(archive, 'b.csv')).toBe('a;b\n1;2\n');
    expect(await text(archive, 'empty.txt')).toBe('');
  });

  it('are read behind the program of a self-extracting one', async () => {
    expect(await text(zip([{ name: 'a.txt', data: 'inside' }], { before: utf8('#!/bin/sh\nexit 1\n') }), 'a.txt')).toBe('inside');
  });

  it('may hold names in an old encoding', async () => {
    const { entries } = await openZip(zip([{ name: Uint8Array.of(0x47, 0x72, 0xf6, 0xdf, 0x65), data: 'x' }]));
    expect(entries[0]?.path).toBe('Größe');
  });

  it('keep what is locked, linked, packed otherwise or too large, with the reason', async () => {
    const { entries, left } = await openZip(
      zip([
        { name: 'secret.pdf', data: 'x', flags: 1 },
        { name: 'link', data: '/etc/passwd', mode: 0o120777, stored: true },
        { name: 'old.txt', data: 'x', method: 14 },
        { name: 'huge.bin', size: ZIP_LIMITS.entryBytes + 1 },
        { name: 'bomb.txt', data: new Uint8Array(4 << 20) },
        { name: 'good.txt', data: 'good' },
      ]),
    );
    expect(left).toEqual([
      { path: 'secret.pdf', why: 'encrypted' },
      { path: 'link', why: 'link' },
      { path: 'old.txt', why: 'method' },
      { path: 'huge.bin', why: 'too_large' },
      { path: 'bomb.txt', why: 'bomb' },
    ]);
    expect(entries.map(({ path }) => path)).toEqual(['good.txt']);
  });

  it('are cut off behind the most entries and the most bytes', async () => {
    const many = zip(Array.from({ length: 9 }, (_, i) => ({ name: `${i}.txt`, data: 'abcd' })));
    const few = await openZip(many, { ...ZIP_LIMITS, entries: 5 });
    expect([few.entries.length, few.left]).toEqual([5, [{ path: '5.txt', why: 'too_many' }]]);
    const small = await openZip(many, { ...ZIP_LIMITS, totalBytes: 10 });
    expect([small.entries.length, small.left.length, small.left[0]?.why]).toEqual([2, 7, 'too_large']);
  });

  it('never inflate more than they declare, and notice a wrong sum', async () => {
    for (const lie of [{ size: 5 }, { size: 7 }, { crc: 1 }]) {
      const archive = zip([{ name: 'a.txt', data: 'sixsix', ...lie }]);
      const { entries } = await openZip(archive);
      await expect(unpack(archive, entries[0]!), JSON.stringify(lie)).rejects.toEqual(why('damaged'));
    }
  });

  it('are refused when they are none, cut off, or lead outside of themselves', async () => {
    const bytes = new Uint8Array(await zip([{ name: 'a.txt', data: 'a' }, { name: 'b.txt', data: 'b' }]).arrayBuffer());
    await expect(openZip(new Blob(['not an archive at all']))).rejects.toEqual(why('not_zip'));
    await expect(openZip(new Blob([]))).rejects.toEqual(why('not_zip'));
    await expect(openZip(new Blob([bytes.slice(0, -4)]))).rejects.toEqual(why('not_zip'));
    await expect(openZip(new Blob([bytes.slice(40)]))).rejects.toEqual(why('damaged'));
  });

  it('fail with a reason or not at all, whichever byte is wrong', async () => {
    const bytes = new Uint8Array(await zip([{ name: 'a/b.txt', data: 'hello hello hello' }, { name: 'c', data: 'x', stored: true }]).arrayBuffer());
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 0xff, bytes[at]! ^ 0x10]) {
        const bent = bytes.slice();
        bent[at] = value;
        const archive = new Blob([bent]);
        try {
          for (const entry of (await openZip(archive)).entries) {
            const out = await unpack(archive, entry);
            expect(out.size).toBe(entry.size);
          }
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(ZipError);
        }
      }
    }
  });
});

describe('names in archives', () => {
  it('lead nowhere', () => {
    for (const [given, shown] of [
      ['../../etc/passwd', 'etc/passwd'],
      ['/etc/passwd', 'etc/passwd'],
      ['C:\\Windows\\win.ini', 'Windows/win.ini'],
      ['a/./b//c.txt', 'a/b/c.txt'],
      ['in\u202etxt.exe\n', 'intxt.exe'],
      ['..', ''],
      ['a\u0000b', 'ab'],
    ] as const) {
      expect(harmless(given), given).toBe(shown);
    }
  });
});
