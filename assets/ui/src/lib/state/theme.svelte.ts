import { keep } from '@/lib/kept';

export type Theme = 'system' | 'light' | 'dark';

const dark = matchMedia('(prefers-color-scheme: dark)');

class ThemeChoice {
  choice = $state<Theme>(read());
  private systemDark = $state(dark.matches);

  constructor() {
    dark.addEventListener('change', (event) => (this.systemDark = event.matches));
  }

  get isDark(): boolean {
    return this.choice === 'dark' || (this.choice === 'system' && this.systemDark);
  }

  set(choice: Theme) {
    this.choice = choice;
    if (choice === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = choice;
    keep('theme', choice === 'system' ? null : choice);
  }

  toggle() {
    this.set(this.isDark ? 'light' : 'dark');
  }
}

function read(): Theme {
  const set = document.documentElement.dataset['theme'];
  return set === 'light' || set === 'dark' ? set : 'system';
}

export const theme = new ThemeChoice();
