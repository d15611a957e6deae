// Files of many kinds, made here: the stories need no data but their own.
import { crc32, deflateRawSync } from 'node:zlib';

const u16 = (value) => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value) => Buffer.from([value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24]);

/** A ZIP archive of `[name, content, { locked }]`. */
export function zip(entries) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, content, { locked = false } = {}] of entries) {
    const [path, data] = [Buffer.from(name), Buffer.from(content)];
    const packed = deflateRawSync(data);
    const fields = [u16(20), u16(locked ? 1 : 0), u16(8), u32(0), u32(crc32(data)), u32(packed.length), u32(data.length), u16(path.length), u16(0)];
    const local = Buffer.concat([u32(0x04034b50), ...fields, path, packed]);
    parts.push(local);
    directory.push(Buffer.concat([u32(0x02014b50), u16(20), ...fields, u16(0), u16(0), u16(0), u32(0), u32(at), path]));
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.concat([u32(0x06054b50), u16(0), u16(0), u16(entries.length), u16(entries.length), u32(central.length), u32(at), u16(0)]);
  return Buffer.concat([...parts, central, end]);
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const types = (parts) =>
  `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${parts
    .map(([name, type]) => `<Override PartName="${name}" ContentType="application/vnd.openxmlformats-officedocument.${type}+xml"/>`)
    .join('')}</Types>`;
const relations = (list) =>
  `${XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list
    .map(([id, type, target]) => `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

/** A Word document of paragraphs; one that begins with `# ` is a heading. */
export function docx(paragraphs) {
  const body = paragraphs
    .map((text) => (text.startsWith('# ') ? `<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>${text.slice(2)}</w:t></w:r></w:p>` : `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`))
    .join('');
  return zip([
    ['[Content_Types].xml', types([['/word/document.xml', 'wordprocessingml.document.main']])],
    ['_rels/.rels', relations([['rId1', 'officeDocument', 'word/document.xml']])],
    ['word/document.xml', `${XML}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`],
  ]);
}

/** A workbook of one sheet. */
export function xlsx(rows) {
  const cell = (text, row, column) => `<c r="${String.fromCharCode(65 + column)}${row + 1}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const data = rows.map((row, i) => `<row r="${i + 1}">${row.map((text, j) => cell(text, i, j)).join('')}</row>`).join('');
  const sheet = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  return zip([
    ['[Content_Types].xml', types([['/xl/workbook.xml', 'spreadsheetml.sheet.main'], ['/xl/worksheets/sheet1.xml', 'spreadsheetml.worksheet']])],
    ['_rels/.rels', relations([['rId1', 'officeDocument', 'xl/workbook.xml']])],
    ['xl/workbook.xml', `${XML}<workbook xmlns="${sheet}" xmlns:r="${OFFICE}"><sheets><sheet name="Parts" sheetId="1" r:id="rId1"/></sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', relations([['rId1', 'worksheet', 'worksheets/sheet1.xml']])],
    ['xl/worksheets/sheet1.xml', `${XML}<worksheet xmlns="${sheet}"><sheetData>${data}</sheetData></worksheet>`],
  ]);
}

/** A PDF with one page for each list of lines, or for `null` one that draws the first of `objects`, which come behind its own. */
export function pdf(pages, { trailer = '', objects = [] } = {}) {
  const escaped = (line) => line.replace(/[\\()]/g, '\\$&');
  const content = (lines) => lines === null ? 'q 612 0 0 792 0 0 cm /Im1 Do Q' : `BT /F1 12 Tf 72 720 Td 16 TL ${lines.map((line) => `(${escaped(line)}) Tj T*`).join(' ')} ET`;
  const kids = pages.map((_, i) => `${4 + 2 * i} 0 R`).join(' ');
  const all = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    ...pages.flatMap((lines, i) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >>${lines === null ? ` /XObject << /Im1 ${4 + 2 * pages.length} 0 R >>` : ''} >> /Contents ${5 + 2 * i} 0 R >>`,
      `<< /Length ${content(lines).length} >>\nstream\n${content(lines)}\nendstream`,
    ]),
    ...objects,
  ];
  let text = '%PDF-1.4\n';
  const places = all.map((object, i) => {
    const at = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const start = text.length;
  const line = (at) => `${String(at).padStart(10, '0')} 00000 n \n`;
  text += `xref\n0 ${all.length + 1}\n0000000000 65535 f \n${places.map(line).join('')}`;
  text += `trailer\n<< /Size ${all.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** A PDF of one page that is nothing but a picture, as a scanner makes it. */
export function scan() {
  const picture = '<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream';
  return pdf([null], { objects: [picture] });
}

/** A PDF that asks for a password which nobody knows. */
export function lockedPdf() {
  const hash = (byte) => byte.repeat(32);
  const lock = `<< /Filter /Standard /V 1 /R 2 /O <${hash('5a')}> /U <${hash('a5')}> /P -60 >>`;
  const id = `[<${hash('1b').slice(0, 32)}> <${hash('1b').slice(0, 32)}>]`;
  return pdf([['Nobody reads this.']], { trailer: `/Encrypt 6 0 R /ID ${id}`, objects: [lock] });
}

/** A mail with its headers. */
export const eml = (subject, lines) =>
  ['From: Keeper <keeper@harbour.example>', 'To: Crew <crew@harbour.example>', `Subject: ${subject}`, 'Date: Tue, 3 Mar 2026 09:30:00 +0100',
    'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', ...lines, ''].join('\r\n');

export const rtf = (lines) => `{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Helvetica;}}\\f0\\fs24 ${lines.join('\\par ')}\\par}`;

export const html = (title, lines) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1>${lines.map((line) => `<p>${line}</p>`).join('')}</body></html>`;

export const notebook = (lines) =>
  JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [{ cell_type: 'markdown', id: 'a', metadata: {}, source: lines.join('\n') }] });

export const gif = () => Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');

/** One grey pixel. */
export const png = () =>
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
