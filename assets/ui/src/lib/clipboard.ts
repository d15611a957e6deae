import { t } from '@/lib/strings';
import { toasts } from '@/lib/state/toasts.svelte';

/** Copies text; says so when the browser refuses (as it does on plain HTTP). */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (copyOldWay(text)) return true;
    toasts.error(t.common.copyFailed);
    return false;
  }
}

function copyOldWay(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  const host = document.querySelector('dialog[open]') ?? document.body;
  host.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  return done;
}
