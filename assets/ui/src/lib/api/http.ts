import createClient, { type Middleware } from 'openapi-fetch';
import { t } from '@/lib/strings';
import { Problem } from './problem';
import type { paths } from './schema';

/** Called when the box says that nobody is signed in any more. */
let onSignedOut: () => void = () => undefined;
export function whenSignedOut(handler: () => void) {
  onSignedOut = handler;
}

/** Whether nobody is signed in any more: what still runs on the page then asks the box for nothing. */
let shut = false;
export function shutTo(nobody: boolean) {
  shut = nobody;
}
const signedOut = () => new Problem(401, 'signed_out', t.login.expired);

/** Requests whose 401 means a wrong password or link, not a session that has ended. */
const SIGNING_IN = /^\/api\/v1\/(auth\/|setup$)/;

/** The session cookie goes along by itself; the header shows that the request is from our own page. */
const house: Middleware = {
  onRequest({ request }) {
    if (shut && !SIGNING_IN.test(new URL(request.url).pathname)) throw signedOut();
    if (request.method !== 'GET') request.headers.set('x-privatestack-csrf', '1');
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok) return;
    if (response.status === 401 && !SIGNING_IN.test(new URL(request.url).pathname)) onSignedOut();
    throw await Problem.of(response);
  },
  onError({ error, request }) {
    if (request.signal.aborted || error instanceof Problem) return undefined;
    return Problem.offline();
  },
};

/** Typed calls to the box's API. Each throws `Problem` when it does not succeed. */
export const client = createClient<paths>({ baseUrl: '/', credentials: 'same-origin', cache: 'no-store' });
client.use(house);

/** What a call answered; by now it has succeeded. */
export async function data<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  return (await call).data as T;
}

/** Sends one file, telling how much of it has left; `fetch` cannot tell that. */
export function upload(
  path: string,
  file: File,
  name: string,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (shut) throw signedOut();
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('x-privatestack-csrf', '1');
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) progress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(request.responseText);
        return;
      }
      if (request.status === 401) onSignedOut();
      reject(Problem.from(request.status, request.responseText, (name) => request.getResponseHeader(name)));
    };
    request.onerror = () => reject(Problem.offline());
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    const form = new FormData();
    form.append('file', file, name);
    request.send(form);
  });
}
