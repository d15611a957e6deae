/**
 * Reads ZIP archives in the browser (APPNOTE 6.3.10), from their central directory alone. Nothing of an
 * archive is trusted: counts, sizes and ratios are bounded, names are only ever shown, and what cannot
 * be unpacked is named with the reason. An entry is inflated when it is asked for, never before.
 */

import { lettersOf } from '@/lib/text/letters';

/** Why an entry is left where it is. */
export type Unpackable = 'encrypted' | 'method' | 'too_large' | 'bomb' | 'link' | 'too_many' | 'damaged';

export interface ZipEntry {
  /** Folders and name, made harmless: no way up, no root, no control characters. */
  path: string;
  /** Bytes as the archive declares them; more than that is never inflated. */
  size: number;
  method: 0 | 8;
  crc: number;
  /** Where its local header stands, and how many bytes it takes when packed. */
  at: number;
  packed: number;
}

export interface ZipContents {
  entries: ZipEntry[];
  /** What stays in the archive. */
  left: { path: string; why: Unpackable }[];
}

export interface ZipLimits {
  entries: number;
  /** Bytes of one entry, and of all together, unpacked. */
  entryBytes: number;
  totalBytes: number;
  /** Times that an entry larger than `RATIO_FROM` may grow. */
  ratio: number;
}

export const ZIP_LIMITS: ZipLimits = { entries: 5000, entryBytes: 256 << 20, totalBytes: 2 ** 31, ratio: 250 };

/** Small files of one letter grow a lot and do no harm. */
const RATIO_FROM = 1 << 20;
const DIRECTORY_BYTES = 16 << 20;
const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 0xffff;
const SYMBOLIC_LINK = 0xa000;

/** The archive itself cannot be read, or an entry is not what its directory says. */
export class ZipError extends Error {
  constructor(readonly why: 'not_zip' | 'split' | 'damaged') {
    super(why);
    this.name = 'ZipError';
  }
}

/** The entries of an archive that can be unpacked, and those that cannot. */
export async function openZip(archive: Blob, limits = ZIP_LIMITS): Promise<ZipContents> {
  const { at, bytes, before } = await findDirectory(archive);
  const view = await read(archive, at, bytes);
  const contents: ZipContents = { entries: [], left: [] };
  let total = 0;
  for (let here = 0; here < bytes; ) {
    const found = readCentral(view, here);
    here = found.next;
    found.at += before;
    if (found.path === '' || found.folder) continue;
    const { path } = found;
    if (contents.entries.length + contents.left.length >= limits.entries) {
      contents.left.push({ path, why: 'too_many' });
      break;
    }
    const why = objection(found, at, limits) ?? (total + found.size > limits.totalBytes ? 'too_large' : undefined);
    if (why) {
      contents.left.push({ path, why });
      continue;
    }
    total += found.size;
    const { size, method, crc, packed } = found;
    contents.entries.push({ path, size, method: method as 0 | 8, crc, at: found.at, packed });
  }
  return contents;
}

/** Unpacks one entry; throws `ZipError` if it is damaged or larger than it says. */
export async function unpack(archive: Blob, entry: ZipEntry): Promise<Blob> {
  const head = await read(archive, entry.at, LOCAL_BYTES);
  if (head.getUint32(0, true) !== LOCAL) throw new ZipError('damaged');
  const from = entry.at + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
  if (from + entry.packed > archive.size) throw new ZipError('damaged');
  const packed = archive.slice(from, from + entry.packed);
  const stream = entry.method === 0 ? packed.stream() : packed.stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return checked(stream, entry);
}

interface Found {
  path: string;
  folder: boolean;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  at: number;
  mode: number;
  next: number;
}

function objection({ flags, mode, method, size, packed, at }: Found, directory: number, limits: ZipLimits): Unpackable | undefined {
  if ((flags & 1) !== 0) return 'encrypted';
  if ((mode & 0xf000) === SYMBOLIC_LINK) return 'link';
  if (method !== 0 && method !== 8) return 'method';
  if (at + LOCAL_BYTES + packed > directory || (method === 0 && packed !== size)) return 'damaged';
  if (size > limits.entryBytes) return 'too_large';
  if (size > RATIO_FROM && size > packed * limits.ratio) return 'bomb';
  return undefined;
}

/** Where the central directory stands, and how many bytes stand before the archive, as in self-extracting ones. */
async function findDirectory(archive: Blob): Promise<{ at: number; bytes: number; before: number }> {
  const tailAt = Math.max(0, archive.size - END_BYTES - LONGEST_COMMENT);
  const tail = await read(archive, tailAt, archive.size - tailAt);
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && !endsHere(tail, end)) end -= 1;
  if (end < 0) throw new ZipError('not_zip');
  if (tail.getUint16(end + 4, true) !== tail.getUint16(end + 6, true)) throw new ZipError('split');
  let bytes = tail.getUint32(end + 12, true);
  let stated = tail.getUint32(end + 16, true);
  let endAt = tailAt + end;
  if (bytes === 0xffffffff || stated === 0xffffffff || tail.getUint16(end + 10, true) === 0xffff) {
    const far = await findEnd64(archive, endAt);
    if (far) ({ bytes, stated, endAt } = far);
  }
  if (bytes > DIRECTORY_BYTES || stated > endAt - bytes) throw new ZipError('damaged');
  return { at: endAt - bytes, bytes, before: endAt - bytes - stated };
}

/** The signature, and a comment that reaches exactly to the end of the file. */
const endsHere = (tail: DataView, at: number) =>
  tail.getUint32(at, true) === END && at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength;

async function findEnd64(archive: Blob, end: number) {
  if (end < LOCATOR_BYTES) return undefined;
  const locator = await read(archive, end - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.getUint32(0, true) !== END64_LOCATOR) return undefined;
  const endAt = long(locator, 8);
  const record = await read(archive, endAt, 56);
  if (record.getUint32(0, true) !== END64) throw new ZipError('damaged');
  return { bytes: long(record, 40), stated: long(record, 48), endAt };
}

function readCentral(view: DataView, here: number): Found {
  if (here + CENTRAL_BYTES > view.byteLength || view.getUint32(here, true) !== CENTRAL) throw new ZipError('damaged');
  const short = (at: number) => view.getUint16(here + at, true);
  const word = (at: number) => view.getUint32(here + at, true);
  const [nameBytes, extraBytes, commentBytes] = [short(28), short(30), short(32)];
  const extraAt = here + CENTRAL_BYTES + nameBytes;
  const next = extraAt + extraBytes + commentBytes;
  if (next > view.byteLength) throw new ZipError('damaged');
  const name = lettersOf(new Uint8Array(view.buffer, view.byteOffset + here + CENTRAL_BYTES, nameBytes));
  const [size, packed, at] = long64(view, extraAt, extraBytes, [word(24), word(20), word(42)]);
  return {
    path: harmless(name),
    folder: /[\\/]$/.test(name),
    flags: short(8),
    method: short(10),
    crc: word(16),
    // The upper half of the attributes is a mode only where a Unix system wrote them.
    mode: short(4) >> 8 === 3 ? word(38) >>> 16 : 0,
    size,
    packed,
    at,
    next,
  };
}

/** Replaces fields that did not fit into 32 bits by those of the ZIP64 extra field, in their order. */
function long64(view: DataView, extraAt: number, extraBytes: number, fields: [number, number, number]) {
  if (!fields.includes(0xffffffff)) return fields;
  for (let at = extraAt; at + 4 <= extraAt + extraBytes; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let value = at + 4;
      for (const i of [0, 1, 2] as const) {
        if (fields[i] !== 0xffffffff) continue;
        if (value + 8 > Math.min(at + 4 + length, extraAt + extraBytes)) throw new ZipError('damaged');
        fields[i] = long(view, value);
        value += 8;
      }
      return fields;
    }
    at += 4 + length;
  }
  return fields;
}

function long(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ZipError('damaged');
  return Number(value);
}

/** A path without roots, drives, ways up and characters that are not seen. */
export function harmless(name: string): string {
  const parts = name.replaceAll('\\', '/').split('/').map((part) => part.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').trim());
  return parts.filter((part) => part && part !== '.' && part !== '..' && !/^[a-z]:$/i.test(part)).join('/');
}

async function read(archive: Blob, at: number, bytes: number): Promise<DataView> {
  if (at < 0 || at + bytes > archive.size) throw new ZipError('damaged');
  return new DataView(await archive.slice(at, at + bytes).arrayBuffer());
}

/** Gathers a stream as long as it keeps to what the directory says of it. */
async function checked(stream: ReadableStream<Uint8Array<ArrayBuffer>>, { size, crc }: ZipEntry): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = stream.getReader();
  let bytes = 0;
  let sum = 0xffffffff;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > size) throw new ZipError('damaged');
      sum = crc32(value, sum);
      parts.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error instanceof ZipError ? error : new ZipError('damaged');
  }
  if (bytes !== size || (sum ^ 0xffffffff) >>> 0 !== crc) throw new ZipError('damaged');
  return new Blob(parts);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes: Uint8Array, sum: number): number {
  for (const byte of bytes) sum = CRC_TABLE[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
  return sum >>> 0;
}
