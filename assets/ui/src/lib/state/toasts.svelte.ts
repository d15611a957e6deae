export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'error';
}

const SHOWN_MS = 5000;

/** Short messages at the edge of the page, for things that happened out of sight. */
class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;

  done(text: string) {
    this.add(text, 'done', SHOWN_MS);
  }

  error(text: string) {
    this.add(text, 'error', SHOWN_MS * 2);
  }

  dismiss(id: number) {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  private add(text: string, kind: Toast['kind'], ms: number) {
    const id = this.next++;
    this.list = [...this.list.slice(-3), { id, text, kind }];
    setTimeout(() => this.dismiss(id), ms);
  }
}

export const toasts = new Toasts();
