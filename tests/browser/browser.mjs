// Headless Chromium as Debian ships it, and what the stories look at on every page.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Screenshots go here when it is set. */
const SHOTS = process.env.PRIVATESTACK_UI_SHOTS;

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** What is in these scrolls by itself, or ends in an ellipsis. */
const MAY_BE_WIDE = 'pre, .table, .clip';

/** In the page: its width, the window's, and the elements that are seen to reach beyond it. */
function sidewaysOut(wide) {
  const out = [...document.body.querySelectorAll('*')].filter((element) => {
    const { left, right, width, height } = element.getBoundingClientRect();
    const shown = width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true });
    return shown && (left < -1 || right > innerWidth + 1) && !element.parentElement.closest(wide);
  });
  const name = (element) => {
    const { left, right } = element.getBoundingClientRect();
    return `${element.localName}.${[...element.classList].join('.')} at ${Math.round(left)} to ${Math.round(right)}`;
  };
  return [document.documentElement.scrollWidth, innerWidth, out.slice(0, 8).map(name)];
}

export async function openBrowser() {
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: [...FLAGS, ...root] });
}

/** A person at a browser: one page, watched for errors and for what the policy forbids. */
export class Person {
  static async arrives(browser, url, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en', ...options });
    const person = new Person(context, await context.newPage(), url);
    await person.watch();
    return person;
  }

  constructor(context, page, url) {
    Object.assign(this, { context, page, url, complaints: [] });
    // A model on a busy machine takes its time.
    page.setDefaultTimeout(Number(process.env.PRIVATESTACK_UI_PATIENCE ?? 120_000));
  }

  async watch() {
    const { page, url, complaints } = this;
    await page.exposeFunction('reportViolation', (what) => complaints.push(what));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        window.reportViolation(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // A status that the page expects and tells in words is still an "error" to the console.
      const expected = /Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_NETWORK/.test(message.text());
      if (message.type() === 'error' && !expected) complaints.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const foreign = !request.url().startsWith(url) && !/^(data|blob):/.test(request.url());
      if (foreign) complaints.push(`request: ${request.url()}`);
    });
  }

  async goes(path) {
    await this.page.goto(this.url + path);
  }

  /** Nothing was blocked, thrown, or fetched from anywhere else. */
  assertCalm() {
    assert.deepEqual(this.complaints, []);
  }

  /** Nothing sticks out of the window sideways, be it cut off there or not. */
  async assertFits() {
    const [page, window, out] = await this.page.evaluate(sidewaysOut, MAY_BE_WIDE);
    assert.ok(page <= window, `${this.page.url()} is ${page} pixels wide in a window of ${window}`);
    assert.deepEqual(out, [], `${this.page.url()} in a window of ${window}`);
  }

  /** axe finds nothing to object to; it is run in a world of its own, which the page's policy does not bind. */
  async assertAccessible(where) {
    await this.settled();
    const session = await this.context.newCDPSession(this.page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
    const run = async (expression) => {
      const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
        expression, contextId, awaitPromise: true, returnByValue: true,
      });
      assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
      return result.value;
    };
    await run(await readFile(AXE, 'utf8'));
    const violations = await run(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) => id + ': ' + help + ' ' + nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ')))`);
    await session.detach();
    assert.deepEqual(violations, [], where);
  }

  /** Waits until nothing moves: colours in the middle of a transition have no contrast to speak of. */
  async settled() {
    await this.page.waitForFunction(() =>
      document.getAnimations().every((animation) => animation.effect?.getComputedTiming().iterations === Infinity));
  }

  async shot(name) {
    if (!SHOTS) return;
    await this.settled();
    await mkdir(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  async leaves() {
    await this.context.close();
  }
}
