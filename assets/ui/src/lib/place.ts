const GAP = 6;
const EDGE = 8;

export interface Wish {
  /** Below the anchor, or above it. */
  side?: 'below' | 'above';
  /** Which edges are in line. */
  align?: 'start' | 'end' | 'center';
}

/** Puts a fixed box beside its anchor, inside the window; turns it to the other side where it fits better. */
export function place(anchor: DOMRect, floating: HTMLElement, { side = 'below', align = 'start' }: Wish = {}) {
  const { offsetWidth: width, offsetHeight: height } = floating;
  const spaceBelow = innerHeight - anchor.bottom - GAP - EDGE;
  const spaceAbove = anchor.top - GAP - EDGE;
  const below = side === 'below' ? spaceBelow >= height || spaceBelow >= spaceAbove : spaceAbove < height && spaceBelow > spaceAbove;
  const rtl = getComputedStyle(floating).direction === 'rtl';
  const leftAligned = align === 'start' ? !rtl : rtl;
  let left = leftAligned ? anchor.left : anchor.right - width;
  if (align === 'center') left = anchor.left + anchor.width / 2 - width / 2;
  const top = below ? anchor.bottom + GAP : anchor.top - GAP - height;
  floating.style.left = `${Math.round(clamp(left, EDGE, innerWidth - width - EDGE))}px`;
  floating.style.top = `${Math.round(clamp(top, EDGE, innerHeight - height - EDGE))}px`;
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(value, Math.max(least, most)));
