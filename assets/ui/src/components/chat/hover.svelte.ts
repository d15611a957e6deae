import type { Citation } from '@/lib/api';

const SHOW_MS = 150;
const HIDE_MS = 180;

/** The one card that shows a citation's quote beside its chip. */
class Hover {
  anchor = $state.raw<HTMLElement | null>(null);
  citation = $state.raw<Citation | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(anchor: HTMLElement, citation: Citation) {
    clearTimeout(this.timer);
    const now = this.anchor !== null;
    this.timer = setTimeout(() => {
      if (!anchor.isConnected) return;
      this.anchor = anchor;
      this.citation = citation;
    }, now ? 0 : SHOW_MS);
  }

  /** Hides it soon, unless the pointer goes onto the card. */
  leave() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), HIDE_MS);
  }

  keep() {
    clearTimeout(this.timer);
  }

  hide() {
    clearTimeout(this.timer);
    this.anchor = null;
    this.citation = null;
  }
}

export const hover = new Hover();
