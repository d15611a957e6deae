import assert from 'node:assert/strict';

const HANDBOOK = [
  '# Lighthouse keeping', '', 'Größe und Maße — the lamp stands 32 m above the sea. 😀', '',
  'The oil for the lamp is stored in the cellar behind the blue door.', '',
  ...Array.from({ length: 400 }, (_, i) => `Entry ${i + 1}: wind and weather were noted, the lamp burned all night.`), '',
  'The foghorn is tested on the last Friday of the month by the keeper on watch.', '',
].join('\n');

const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const row = (page, title) => page.getByRole('listitem').filter({ hasText: title });

/** Adding, watching, opening and deleting documents. */
export const documents = {
  async 'files are added, and their state is seen to move'({ ada }) {
    const { page } = ada;
    await page.getByRole('link', { name: 'Documents' }).click();
    await page.getByRole('heading', { name: 'Documents' }).waitFor();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Add documents' }).click(),
    ]);
    await chooser.setFiles([file('Lighthouse.md', HANDBOOK), file('Empty.txt', '  \n')]);
    await row(page, 'Lighthouse.md').getByText('Ready').waitFor();
    await ada.shot('documents');
  },

  async 'an empty file fails with a reason and a hint'({ ada }) {
    const failed = row(ada.page, 'Empty.txt');
    await failed.getByText(/no text|empty/i).first().waitFor();
    await ada.assertAccessible('documents');
  },

  async 'a picture is refused, and the page says why'({ ada }) {
    const { page } = ada;
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Add documents' }).click(),
    ]);
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0xff, 0xfe]);
    await chooser.setFiles([{ name: 'photo.png', mimeType: 'image/png', buffer: picture }]);
    const refused = row(page, 'photo.png');
    const words = await refused.locator('.problem').first().textContent();
    assert.ok(words.trim().length > 20, words);
    const dismiss = refused.getByRole('button', { name: 'Dismiss' });
    if ((await dismiss.count()) > 0) await dismiss.click();
    else await remove(ada, 'photo.png');
    await refused.waitFor({ state: 'detached' });
  },

  async 'a document opens as the text it is'({ ada }) {
    const { page } = ada;
    await page.getByRole('button', { name: 'Open Lighthouse.md' }).click();
    const text = page.getByRole('region', { name: 'Document' });
    await text.getByText('behind the blue door').waitFor();
    await page.getByRole('button', { name: 'Show what comes after' }).click();
    assert.ok((await text.textContent()).includes('Entry 150:'));
    await page.getByRole('complementary', { name: 'Source' }).getByRole('button', { name: 'Close' }).click();
  },

  async 'a deleted document is gone'({ ada }) {
    await remove(ada, 'Empty.txt');
    await row(ada.page, 'Empty.txt').waitFor({ state: 'detached' });
    await ada.page.reload();
    await row(ada.page, 'Lighthouse.md').waitFor();
    assert.equal(await row(ada.page, 'Empty.txt').count(), 0);
    ada.assertCalm();
  },
};

async function remove(ada, title) {
  const { page } = ada;
  await page.getByRole('button', { name: `More actions for ${title}` }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
}
