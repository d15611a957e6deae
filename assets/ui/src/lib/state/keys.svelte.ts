import { router, to } from './router.svelte';
import { ui } from './ui.svelte';
import { workspaces } from './workspaces.svelte';

/** Whether keys without Ctrl do something outside of text fields; WCAG 2.1.4 wants them off at will. */
class SingleKeys {
  on = $state(true);
}
export const singleKeys = new SingleKeys();

export const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The keys that work on every page; those of one page are with that page. */
export function onKey(event: KeyboardEvent) {
  if (event.defaultPrevented || event.isComposing) return;
  const command = isMac ? event.metaKey : event.ctrlKey;
  if (command && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    ui.palette = !ui.palette;
    return;
  }
  if (command && event.shiftKey && event.key.toLowerCase() === 'o') {
    event.preventDefault();
    if (workspaces.current) router.go(to.chat(workspaces.current.id));
    return;
  }
  if (command && event.shiftKey && event.key.toLowerCase() === 'f') {
    event.preventDefault();
    if (workspaces.current) router.go(to.search(workspaces.current.id));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === 'Escape' && ui.source && !document.querySelector('dialog[open]')) {
    ui.source = null;
    return;
  }
  if (!singleKeys.on || document.querySelector('dialog[open]:not(.end)')) return;
  const act = {
    '?': () => (ui.keymap = true),
    '/': focusComposer,
    '[': () => ui.step(-1),
    ']': () => ui.step(1),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/** The field that the page is about: the composer, or on the page of searches theirs. */
export function focusComposer() {
  (document.getElementById('composer') ?? document.getElementById('search-query'))?.focus();
}

export function focusSearch() {
  if (ui.narrow.current) ui.sidebar = true;
  requestAnimationFrame(() => document.getElementById('conversation-search')?.focus());
}

