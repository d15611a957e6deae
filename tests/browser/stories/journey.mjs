import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { docx, eml, gif, html, lockedPdf, notebook, pdf, png, rtf, scan, xlsx, zip } from '../files.mjs';

/** What the two documents say that the question is about. */
const PUMP = 'Pump Q-19 needs the impeller K-7, which is changed every second spring.';
const SUPPLIER = 'The impeller K-7 is supplied by Marlow Brothers in Kiel within nine days.';
const QUESTION = 'Which impeller does pump Q-19 need, and who supplies the impeller K-7?';

const berth = (number) => [`# Berth ${number}`, '', `Berth ${number} is ${8 + number} metres long and has ${number % 3 === 0 ? 'no ' : ''}shore power.`,
  '', `Its mooring lines were renewed in ${2010 + number}, and its ladder in ${2011 + number}.`, ''].join('\n');

/** Thirty files as a harbour may have them; the last six cannot be read, and `why` is what must be said of them. */
const GOOD = {
  ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`Berth ${i + 1}.md`, berth(i + 1)])),
  'Tides.txt': 'High water comes twenty minutes later at the north gate than at the pier.\n',
  'Keys.txt': 'The key of the tool shed hangs behind the door of the office, on the third hook.\n',
  'Radio.txt': 'The harbour listens on channel 12 from six in the morning until ten at night.\n',
  'Gäste.txt': 'Gäste melden sich am Steg an und zahlen die Liegegebühr für die ganze Nacht im Büro. Wer länger als eine Woche bleibt, bekommt einen eigenen Schlüssel für die Duschen und das Tor. Hunde dürfen nur an der Leine auf die Stege, und nach zehn Uhr abends soll es ruhig sein.\n',
  'Rules.html': html('Rules of the harbour', ['Speed within the moles is three knots.', 'Dogs are kept on a lead on all piers.']),
  'Prices.html': html('Prices', ['A night costs two euros for each metre of length.', 'Showers are free for guests.']),
  'Winter.csv': 'Boat,Place,Mast\nArgo,Hall 1,down\nBlue Wren,Hall 2,standing\n',
  'Tools.csv': 'Tool,Shelf\nTorque wrench,4\nSail needle,7\n',
  'Supplier.eml': eml('Impellers', ['Dear crew,', '', SUPPLIER, '', 'Regards, the office']),
  'Letter.rtf': rtf(['Dear member,', 'the crane is tested every April by an inspector from the county.']),
  'Pumps.docx': docx(['# Pumps of the harbour', PUMP, 'Pump R-4 drains the slipway and needs no impeller at all.']),
  'Parts.xlsx': xlsx([['Part', 'Stock'], ['Gasket G-2', '14'], ['Shaft seal S-9', '3']]),
  'Survey.pdf': pdf([['The east mole was surveyed by divers in June.'], ['Two of its blocks have moved by a hand.']]),
  'Depths.ipynb': notebook(['# Depths', 'The fairway is four metres deep at low water.']),
};
const BAD = {
  'Nothing.txt': { data: ' \n\n', why: /no text|empty/i },
  'Cut off.pdf': { data: pdf([['This page was never finished.']]).subarray(0, 180), why: /damaged|broken|cut|read|PDF|text/i },
  'Locked plan.pdf': { data: lockedPdf(), why: /password|locked|encrypted/i },
  'Scan.pdf': { data: scan(), why: /text|scan/i },
  'Photo.png': { data: png(), why: /picture|image|PNG|text|kind|format/i },
  'Mislabelled.docx': { data: gif(), why: /picture|GIF|Word|DOCX|name|read|kind/i },
};

const rows = (page) => page.getByRole('list', { name: 'Documents', exact: true });
const row = (page, title) => rows(page).locator('> li').filter({ hasText: title });
const ready = (page, title) => row(page, title).getByText('Ready', { exact: true }).first().waitFor();
const drawer = (page) => page.getByRole('complementary', { name: 'Source' });
const composer = (page) => page.getByLabel('Your question');

/** Files on this machine's disk, for a drop as a person makes it. */
async function onDisk(files) {
  const folder = await mkdtemp(join(tmpdir(), 'privatestack-drop-'));
  for (const [name, data] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), data);
  }
  return { paths: (...names) => names.map((name) => join(folder, name)), clear: () => rm(folder, { recursive: true, force: true }) };
}

/** Drops files and folders into the window, as the system does. */
async function drop({ page, context }, paths, seen = async () => undefined) {
  const session = await context.newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    if (type === 'drop') await seen();
    await session.send('Input.dispatchDragEvent', { type, x: 640, y: 420, data: { items: [], files: paths, dragOperationsMask: 1 } });
  }
  await session.detach();
}

const call = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const headers = { 'content-type': 'application/json', 'x-privatestack-csrf': '1' };
      const response = await fetch(path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text ? JSON.parse(text) : null;
    },
    [method, path, body],
  );

/** The documents of the workspace, as the box has them. */
async function stored(page) {
  const id = page.url().match(/\/w\/([^/]+)/)[1];
  return (await call(page, 'GET', `/api/v1/workspaces/${id}/documents?limit=100`)).items;
}

async function open(page, name) {
  await page.getByRole('link', { name, exact: true }).first().click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** What is highlighted in the drawer; it is in view, and stands in the text. */
async function highlighted(page) {
  const marks = drawer(page).locator('mark');
  await marks.first().waitFor();
  const words = (await marks.allTextContents()).join('');
  const text = await page.getByRole('region', { name: 'Document' }).textContent();
  assert.ok(text.includes(words), 'the passage stands in its document');
  await page.waitForFunction(() => {
    const mark = document.querySelector('section.drawer mark')?.getBoundingClientRect();
    const frame = document.querySelector('section.drawer [role="region"]')?.getBoundingClientRect();
    return mark && frame && mark.top >= frame.top - 1 && mark.top < frame.bottom;
  });
  return words;
}

/** From a heap of files to an answer that can be checked. */
export const journey = {
  async 'thirty files are dropped at once, and their states move by themselves'({ ada }) {
    const { page } = ada;
    await ada.goes('/');
    await composer(page).waitFor();
    const made = await call(page, 'POST', '/api/v1/workspaces', { name: 'Harbour' });
    const asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await ada.goes(`/w/${made.id}/documents`);
    await page.getByRole('heading', { name: 'No documents yet' }).waitFor();
    const bad = Object.fromEntries(Object.entries(BAD).map(([name, { data }]) => [name, data]));
    const files = { ...GOOD, ...bad };
    assert.equal(Object.keys(files).length, 30);
    const disk = await onDisk(files);
    await drop(ada, disk.paths(...Object.keys(files)), async () => {
      await page.getByText('Drop files and folders to add them').waitFor();
      await ada.shot('journey-drop');
    });
    await rows(page).locator('> li').nth(5).waitFor();
    await ada.shot('journey-sending');
    await page.getByText('30 documents', { exact: true }).waitFor();
    await page.waitForFunction(async (id) => {
      const { items } = await (await fetch(`/api/v1/workspaces/${id}/documents?limit=100`)).json();
      return items.length === 30 && items.every((one) => one.state === 'indexed' || one.state === 'failed');
    }, made.id, { polling: 1000 });
    await page.waitForFunction(() => document.querySelectorAll('.state .dot').length === 0);
    assert.ok(asked.some((path) => path.endsWith('/documents/events')), 'the box tells of changes');
    const looks = asked.filter((path) => /\/documents\/doc_[0-9a-f]+$/.test(path));
    assert.ok(looks.length <= 30, `no document is asked about again and again: ${looks.length}`);
    await disk.clear();
    await ada.assertFits();
    await ada.assertAccessible('thirty documents');
    await ada.shot('journey-documents');
  },

  async 'the good ones are ready, and each bad one says why and what to do'({ ada }) {
    const { page } = ada;
    const documents = await stored(page);
    for (const title of Object.keys(GOOD)) {
      const one = documents.find((document) => document.title === title);
      assert.equal(one?.state, 'indexed', `${title}: ${JSON.stringify(one)}`);
      await ready(page, title);
    }
    await page.getByLabel('State', { exact: true }).selectOption('failed');
    await page.getByText('6 of 30 documents').waitFor();
    for (const [title, { why }] of Object.entries(BAD)) {
      const words = await row(page, title).locator('.problem').textContent();
      assert.match(words, why, title);
      assert.ok(words.trim().length > 20, `${title} says what to do: ${words}`);
    }
    await ada.assertAccessible('documents that failed');
    await ada.shot('journey-failed');
    await page.getByLabel('State', { exact: true }).selectOption('');
    await row(page, 'Gäste.txt').getByText('German').waitFor();
    await row(page, 'Survey.pdf').getByText('2 pages').waitFor();
  },

  async 'a folder and an archive are taken in, without what systems leave in them'({ ada }) {
    const { page } = ada;
    const disk = await onDisk({
      'Crew/Anna.md': '# Anna\n\nAnna keeps the log of the night watch.\n',
      'Crew/boats/Argo.md': '# Argo\n\nThe Argo was built in Wismar.\n',
      'Crew/.DS_Store': 'x',
      'Crew/.git/config': 'x',
      'Old.zip': zip([
        ['papers/Charter.txt', 'The charter of the harbour was signed in 1904.\n'],
        ['../../Outside.txt', 'This stays where it is told to.\n'],
        ['__MACOSX/papers/._Charter.txt', 'x'],
        ['papers/Secret.txt', 'locked', { locked: true }],
      ]),
    });
    await drop(ada, disk.paths('Crew', 'Old.zip', 'Crew/Anna.md'));
    const panel = page.getByRole('region', { name: 'Adding documents' });
    await panel.getByText('1 already here').first().waitFor();
    await panel.getByText('4 files were left out').click();
    for (const [name, why] of [['.DS_Store', 'kept by the system for itself'], ['.git', 'hidden'], ['Secret.txt', 'locked with a password in the archive']]) {
      await panel.getByRole('listitem').filter({ hasText: name }).getByText(why).waitFor();
    }
    for (const title of ['Argo.md', 'Charter.txt', 'Outside.txt']) await ready(page, title);
    await disk.clear();
    await ada.assertAccessible('what was left out');
    await ada.shot('journey-folder');
    await panel.getByRole('button', { name: 'Close this list' }).click();
    await panel.waitFor({ state: 'detached' });
  },

  async 'a file whose name is taken becomes the next version'({ ada }) {
    const { page } = ada;
    const disk = await onDisk({ 'Keys.txt': 'The key of the tool shed hangs in the crane now.\n', 'Radio.txt': GOOD['Radio.txt'] });
    await drop(ada, disk.paths('Keys.txt', 'Radio.txt'));
    const dialog = page.getByRole('dialog', { name: '“Keys.txt” is here already' });
    await dialog.waitFor();
    await ada.assertAccessible('a name that is taken');
    await ada.shot('journey-clash');
    await dialog.getByRole('button', { name: 'Replace it' }).click();
    await row(page, 'Keys.txt').getByText('Version 2').waitFor();
    await ready(page, 'Keys.txt');
    await page.waitForFunction(() => [...document.querySelectorAll('.list > li')].filter((li) => li.textContent.includes('Keys.txt')).length === 1);
    assert.equal((await stored(page)).filter(({ title }) => title === 'Keys.txt').length, 1);
    await page.getByText('Already here', { exact: false }).first().waitFor();
    await page.getByRole('button', { name: 'Close this list' }).click();
    await disk.clear();
  },

  async 'tags and those who may see it are set in place'({ ada }) {
    const { page } = ada;
    await page.getByRole('button', { name: 'More actions for Pumps.docx' }).click();
    await page.getByRole('menuitem', { name: 'Name and tags' }).click();
    await page.getByLabel('Add a tag').fill('machines');
    await page.keyboard.press('Enter');
    await ada.assertAccessible('tags');
    await page.getByRole('button', { name: 'Save' }).click();
    await row(page, 'Pumps.docx').getByRole('button', { name: 'Tag: machines' }).click();
    await page.getByText(/^1 of \d+ documents/).waitFor();
    await page.getByLabel('Tag', { exact: true }).selectOption('');
    await page.getByRole('button', { name: 'More actions for Letter.rtf' }).click();
    await page.getByRole('menuitem', { name: 'Who may see it' }).click();
    await page.getByText('Only some of them').click();
    await ada.assertAccessible('who may see it');
    await ada.shot('journey-access');
    await page.getByRole('button', { name: 'Save' }).click();
    await row(page, 'Letter.rtf').getByText('Only who added it').waitFor();
    const letter = (await stored(page)).find(({ title }) => title === 'Letter.rtf');
    assert.deepEqual(letter.members, []);
  },

  async 'a document is read beside its original'({ ada }) {
    const { page } = ada;
    await page.getByRole('button', { name: 'Open Rules.html' }).click();
    await drawer(page).getByText('three knots').waitFor();
    await drawer(page).getByText('Original', { exact: true }).click();
    await drawer(page).getByText('<p>Speed within the moles').waitFor();
    await drawer(page).getByRole('button', { name: 'Open beside the original' }).click();
    await page.getByRole('heading', { name: 'Rules.html', level: 1 }).waitFor();
    await page.getByRole('region', { name: 'Document' }).getByText('three knots').waitFor();
    await page.getByRole('region', { name: 'Original' }).getByText('<p>Speed within the moles').waitFor();
    await page.locator('[data-label^="Passage 1"]').waitFor();
    await ada.assertFits();
    await ada.assertAccessible('a document beside its original');
    await ada.shot('journey-beside');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the original' }).click()]);
    assert.equal(download.suggestedFilename(), 'Rules.html');
    await page.getByRole('link', { name: 'All documents' }).click();
  },

  async 'search says what it found, where, and why'({ ada }) {
    const { page } = ada;
    await open(page, 'Search');
    await page.getByLabel('What to look for').fill('Which impeller does Q-19 need?');
    await page.keyboard.press('Enter');
    const hits = page.getByRole('list', { name: 'Passages found' });
    const first = hits.locator('> li').first();
    await first.getByText('Pumps.docx').waitFor();
    const marked = (await first.locator('mark').allTextContents()).join('');
    assert.match(marked, /Q-?19.*impeller/, 'the words of the query are marked');
    await first.getByText('Why this passage?').click();
    await first.getByText(/Number \d+ by words/).waitFor();
    await first.getByText(/Number \d+ by meaning/).waitFor();
    await ada.assertFits();
    await ada.assertAccessible('what was found');
    await ada.shot('journey-search');
    // By keys: down to the first hit, and into the document.
    await page.getByLabel('What to look for').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.ok((await highlighted(page)).includes('impeller K-7'));
    await ada.assertAccessible('a hit in its document');
    await ada.shot('journey-hit');
    await page.keyboard.press('Escape');
    await drawer(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByLabel('Type').selectOption('eml');
    await hits.getByText('Supplier.eml').waitFor();
    await hits.getByText('Pumps.docx').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await hits.getByText('Pumps.docx').waitFor();
    ada.assertCalm();
  },

  async 'two workspaces may be called alike'({ ada }) {
    const { page } = ada;
    await call(page, 'POST', '/api/v1/workspaces', { name: 'Harbour' });
    await page.getByRole('link', { name: 'New conversation' }).first().click();
    await page.reload();
    await composer(page).waitFor();
    await page.getByRole('button', { name: 'Switch workspace: Harbour' }).click();
    assert.equal(await page.getByRole('menuitemradio', { name: 'Harbour' }).count(), 2);
    await page.keyboard.press('Escape');
    ada.assertCalm();
  },

  async 'a question that needs two documents is answered from both, and each is opened'({ ada }) {
    const { page } = ada;
    const id = page.url().match(/\/w\/([^/]+)/)[1];
    await call(page, 'PATCH', `/api/v1/workspaces/${id}`, { answers: { mode: 'quotes' } });
    await page.getByRole('link', { name: 'New conversation' }).first().click();
    await composer(page).fill(QUESTION);
    await composer(page).press('Enter');
    await page.locator('.answer').last().getByRole('button', { name: 'Answer again' }).waitFor();
    await ada.assertAccessible('an answer from two documents');
    await ada.shot('journey-answer');
    const seen = new Map();
    const chips = page.locator('.answer .cite');
    for (let i = 0; i < (await chips.count()); i++) {
      await chips.nth(i).click();
      await drawer(page).getByText(`Source ${await chips.nth(i).textContent()}`).waitFor();
      const words = await highlighted(page);
      const title = await drawer(page).getByRole('heading').textContent();
      seen.set(title, (seen.get(title) ?? '') + words);
      await ada.shot(`journey-cited-${i + 1}`);
    }
    assert.ok(seen.get('Pumps.docx')?.includes('impeller K-7'), [...seen.keys()].join());
    assert.ok(seen.get('Supplier.eml')?.includes('Marlow Brothers'), [...seen.keys()].join());
    ada.assertCalm();
  },
};
