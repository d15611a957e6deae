/** The few things the browser keeps between visits. Storage may be switched off: then nothing is. */
type Key = 'theme' | 'workspace';

export function recall(key: Key): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a value until it is replaced; null forgets it. */
export function keep(key: Key, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // It then lasts until the page is left.
  }
}
