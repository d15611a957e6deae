import assert from 'node:assert/strict';
import { PHONE, Person } from '../browser.mjs';
import { EMAIL, PASSWORD } from './first-run.mjs';
import { onlyLooks } from './guards.mjs';

/** Every page by its address and its heading; `W` stands for the workspace. */
const PAGES = [
  ['/W', null], ['/W/documents', 'Documents'], ['/W/search', 'Search'], ['/W/graph', 'Graph'],
  ['/W/settings', 'Workspace'], ['/people', 'People'], ['/models', 'Models'],
  ['/guardrails', 'Guardrails'], ['/keys', 'API keys'], ['/settings', 'Settings'], ['/no/such/page', 'There is nothing here'],
];

/** A title that has no place to break at, as the name of a file may be. */
const LONG_TITLE = 'Bilgepumpenwartungsprotokoll_'.repeat(6).slice(0, -1);

async function workspace(page) {
  return page.evaluate(async () => `/w/${(await (await fetch('/api/v1/workspaces')).json()).items[0].id}`);
}

async function visitAll(person, look) {
  const { page } = person;
  await person.goes('/');
  await page.getByLabel('Your question').waitFor();
  const home = await workspace(page);
  const conversation = await longTitled(page, home);
  for (const [path, heading] of [...PAGES, [`/W/c/${conversation}`, null]]) {
    await person.goes(path.replace('/W', home));
    if (heading) await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
    else await page.getByLabel('Your question').waitFor();
    await page.waitForLoadState('load');
    await page.waitForTimeout(400);
    await person.assertFits();
    await person.assertAccessible(`${look} ${path}`);
    await person.shot(`${look}-${path.replace(conversation, 'conversation').replaceAll('/', '_')}`);
  }
}

/** The conversation with the long title; the oldest one is given it. */
async function longTitled(page, home) {
  return page.evaluate(async ([id, title]) => {
    const { items } = await (await fetch(`/api/v1/workspaces/${id}/conversations`)).json();
    const known = items.find((one) => one.title === title);
    if (known) return known.id;
    const headers = { 'content-type': 'application/json', 'x-privatestack-csrf': '1' };
    const body = JSON.stringify({ title });
    await fetch(`/api/v1/conversations/${items.at(-1).id}`, { method: 'PATCH', headers, body });
    return items.at(-1).id;
  }, [home.slice(3), LONG_TITLE]);
}

async function signIn(person) {
  const { page } = person;
  await person.goes('/');
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByLabel('Your question').waitFor();
}

/** What holds on every page: looks, widths, keys. */
export const everyPage = {
  async 'every page is in order by day'({ ada }) {
    await visitAll(ada, 'light');
    ada.assertCalm();
  },

  async 'every page is in order by night'({ ada }) {
    const { page } = ada;
    await ada.goes('/settings');
    await page.getByText('Dark', { exact: true }).click();
    const kept = await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }]);
    const last = (await workspace(page)).slice(3);
    assert.deepEqual(kept, [{ theme: 'dark', workspace: last }, {}], 'the browser keeps the theme, the last workspace and nothing else');
    await page.reload();
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.match(background, /^rgb\((\d|[1-4]\d), /, `dark after a reload: ${background}`);
    await visitAll(ada, 'dark');
    await ada.goes('/settings');
    await page.getByText('As the system', { exact: true }).click();
    ada.assertCalm();
  },

  async 'every page is in order on a phone'({ browser, box }) {
    const phone = await Person.arrives(browser, box.url, PHONE);
    await signIn(phone);
    await visitAll(phone, 'phone');
    const { page } = phone;
    await page.getByRole('button', { name: 'Open navigation' }).click();
    const sheet = page.getByRole('dialog', { name: 'Main' });
    await sheet.getByRole('link', { name: 'Documents' }).waitFor();
    await phone.assertAccessible('the navigation on a phone');
    await phone.shot('phone-navigation');
    await sheet.getByRole('link', { name: 'Documents' }).click();
    await page.getByRole('heading', { name: 'Documents', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Open Lighthouse.md' }).click();
    await page.getByRole('dialog', { name: 'Source' }).getByText('behind the blue door').waitFor();
    await phone.assertAccessible('a source on a phone');
    phone.assertCalm();
    await phone.leaves();
  },

  async 'everything is reached by keys alone'({ ada }) {
    const { page } = ada;
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await ada.goes('/');
    await page.getByLabel('Your question').waitFor();
    await press('Control+k');
    await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
    await ada.assertAccessible('the palette');
    await ada.shot('palette');
    await page.keyboard.type('documents');
    await press('Enter');
    await page.getByRole('heading', { name: 'Documents', level: 1 }).waitFor();
    await press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await ada.assertAccessible('the map of keys');
    await press('Escape');
    await press('Control+Shift+o');
    await page.getByRole('heading', { name: 'New conversation', level: 1 }).waitFor();
    await page.evaluate(() => document.activeElement.blur());
    await press('/');
    assert.equal(await focused(page), 'composer');

    // Around the page by Tab: every stop is visible, and the first one skips to the content.
    await page.reload();
    await page.getByLabel('Your question').waitFor();
    await page.evaluate(() => document.activeElement.blur());
    const stops = new Set();
    for (let i = 0; i < 40; i++) {
      await press('Tab');
      const stop = await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const ring = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || element.closest('.composer, .field') !== null;
        return { name: element.getAttribute('aria-label') ?? element.textContent.trim(), ring };
      });
      if (stop === null) continue;
      assert.ok(stop.ring, `the focus is seen on “${stop.name}”`);
      stops.add(stop.name);
    }
    for (const name of ['Skip to the content', 'Documents', 'Your question', 'Account of Ada Lovelace']) {
      assert.ok(stops.has(name), `${name} is reached by Tab: ${[...stops].join(', ')}`);
    }
    ada.assertCalm();
  },

  async 'a menu is walked with arrows and left with Escape'({ ada }) {
    const { page } = ada;
    await page.getByRole('button', { name: 'Account of Ada Lovelace' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
    await ada.assertAccessible('the menu of the account');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.textContent?.includes('API keys'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'API keys', level: 1 }).waitFor();
    ada.assertCalm();
  },

  async 'a key is shown once'({ ada }) {
    const { page } = ada;
    await page.getByRole('button', { name: 'Create key' }).first().click();
    await page.getByLabel('What is it for?').fill('Invoice script');
    await ada.assertAccessible('a key about to be made');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const secret = await page.locator('.secret code').textContent();
    assert.match(secret, /^psk_/);
    await ada.assertAccessible('a new key');
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await page.getByText('Invoice script').waitFor();
    await page.reload();
    await page.getByText('Invoice script').waitFor();
    assert.ok(!(await page.content()).includes(secret));
  },

  async 'somebody new is taken in, and sees what is shared'({ ada, browser, box }) {
    const { page } = ada;
    await ada.goes('/people');
    await page.getByRole('button', { name: 'Add a person' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a person' });
    await dialog.getByLabel('Name').fill('Grace Hopper');
    await dialog.getByLabel('E-mail').fill('grace@example.org');
    const password = await dialog.getByLabel('First password').inputValue();
    await ada.assertAccessible('a person about to be added');
    await dialog.getByRole('button', { name: 'Add a person' }).click();
    await page.getByText('grace@example.org').waitFor();
    await ada.goes(`${await workspace(page)}/settings`);
    await page.getByLabel(/^E-mail of a person/).fill('grace@example.org');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Grace Hopper' }).waitFor();

    const grace = await Person.arrives(browser, box.url);
    await grace.goes('/people');
    await grace.page.getByLabel('E-mail').fill('grace@example.org');
    await grace.page.getByLabel('Password', { exact: true }).fill(password);
    await grace.page.keyboard.press('Enter');
    await grace.page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await grace.page.getByRole('link', { name: 'Documents' }).click();
    await grace.page.getByText('Lighthouse.md').waitFor();
    await onlyLooks(grace, await workspace(grace.page));
    grace.assertCalm();
    await grace.leaves();
    ada.assertCalm();
  },

  async 'the API explorer works'({ ada }) {
    const { page } = ada;
    await ada.goes('/api/docs');
    await page.getByText('/api/v1/workspaces', { exact: true }).first().waitFor();
    ada.assertCalm();
  },
};

async function focused(page) {
  return page.evaluate(() => document.activeElement?.id);
}
