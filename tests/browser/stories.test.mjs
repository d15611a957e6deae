// Stories of people at a browser, told to a real box with real models. `scripts/test-ui.sh` runs them.
import { after, before, describe, test } from 'node:test';
import { startBox } from './box.mjs';
import { openBrowser, Person } from './browser.mjs';
import { firstRun } from './stories/first-run.mjs';
import { asking } from './stories/asking.mjs';
import { documents } from './stories/documents.mjs';
import { guards } from './stories/guards.mjs';
import { everyPage } from './stories/every-page.mjs';
import { hostile } from './stories/hostile.mjs';
import { journey } from './stories/journey.mjs';

const stage = { box: null, browser: null, ada: null };

before(async () => {
  [stage.box, stage.browser] = await Promise.all([startBox(), openBrowser()]);
  stage.ada = await Person.arrives(stage.browser, stage.box.url);
});

after(async () => {
  await stage.ada?.shot('the-end').catch(() => undefined);
  await stage.browser?.close();
  await stage.box?.stop();
});

/** One after the other: each goes on where the one before left the box, so the first failure ends them. */
describe('at the browser', { concurrency: 1 }, () => {
  let broken = false;
  for (const story of [firstRun, documents, asking, hostile, guards, everyPage, journey]) {
    for (const [name, tell] of Object.entries(story)) {
      test(name, { timeout: 600_000 }, async (t) => {
        if (broken) return t.skip('a story before it failed');
        broken = true;
        await tell(stage);
        broken = false;
      });
    }
  }
});
