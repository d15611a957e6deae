import assert from 'node:assert/strict';

export const EMAIL = 'ada@example.org';
export const PASSWORD = 'correct horse battery staple';

/** From the printed link to a cited answer whose source is opened, and back in the next day. */
export const firstRun = {
  async 'a page without the link says where the link is'({ ada }) {
    await ada.goes('/setup');
    await ada.page.getByRole('heading', { name: 'Open the setup link' }).waitFor();
    await ada.assertAccessible('setup without its link');
  },

  async 'the link makes the first admin'({ ada, box }) {
    const { page } = ada;
    await ada.goes('/login');
    await ada.goes(`/setup#token=${box.token}`);
    await page.getByLabel('Your name').fill('Ada Lovelace');
    assert.equal(await page.evaluate(() => location.hash), '', 'the code is taken out of the address');
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill('too short');
    await page.getByText('Too short.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('password1234');
    await page.getByText('Among those that are tried first.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('Ada-Lovelace-1815');
    await page.getByText('Mostly a name, an address or the product’s name.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByText('Strong.').waitFor();
    await ada.assertAccessible('setup, account');
    await ada.shot('setup-account');
    await page.getByRole('button', { name: 'Create account' }).click();
  },

  async 'the model is there, and the sample document is read'({ ada }) {
    const { page } = ada;
    await page.getByRole('heading', { name: 'Your model' }).waitFor();
    await page.getByText('Ready', { exact: true }).waitFor();
    await ada.assertAccessible('setup, model');
    await ada.shot('setup-model');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Add the sample document' }).click();
    await page.getByText('It is ready. Choose a question:').waitFor();
    await ada.assertAccessible('setup, first question');
    await ada.shot('setup-question');
  },

  async 'the first answer names its source, which opens at the passage'({ ada }) {
    const { page } = ada;
    await page.getByRole('button', { name: 'Where is the spare impeller kept?' }).click();
    await page.getByRole('button', { name: 'Answer again' }).waitFor();
    await ada.shot('first-answer');
    const source = page.locator('.answer .sources button').first();
    const chip = page.locator('.answer .cite').first();
    await ((await chip.count()) > 0 ? chip : source).click();
    const mark = page.locator('mark');
    await mark.first().waitFor();
    const passage = (await mark.allTextContents()).join('');
    const text = await page.getByRole('region', { name: 'Document' }).textContent();
    assert.ok(passage.trim().length > 0);
    assert.ok(text.includes(passage), 'the passage stands in its document');
    assert.ok(await inView(mark.first()), 'the passage is in view');
    await ada.assertAccessible('a source in the drawer');
    await ada.shot('first-source');
    await page.keyboard.press('Escape');
    await mark.first().waitFor({ state: 'detached' });
    ada.assertCalm();
  },

  async 'signing out ends it, and a wrong password is told plainly'({ ada }) {
    const { page } = ada;
    await page.getByRole('button', { name: 'Account of Ada Lovelace' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goBack();
    await page.getByText('Your documents, your model, your machine.').waitFor();
    await ada.goes('/people');
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill('wrong horse battery staple');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('E-mail').inputValue(), EMAIL, 'what was typed stays');
    await ada.assertAccessible('sign in, refused');
    await ada.shot('sign-in');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'People' }).waitFor();
  },

  async 'the link is of no use any more'({ ada, box }) {
    await ada.goes(`/setup#token=${box.token}`);
    await ada.page.getByRole('heading', { name: 'This box is set up already' }).waitFor();
    await ada.goes('/');
    await ada.page.getByLabel('Your question').waitFor();
    ada.assertCalm();
  },
};

async function inView(locator) {
  const box = await locator.boundingBox();
  const { height } = locator.page().viewportSize();
  return box !== null && box.y >= 0 && box.y + Math.min(box.height, 40) <= height;
}
