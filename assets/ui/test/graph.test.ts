import { describe, expect, it } from 'vitest';
import { layout, nextTo } from '@/lib/graph/layout';

const star = (count: number) => Array.from({ length: count - 1 }, (_, i) => ({ from: 0, to: i + 1, weight: 1 + (i % 5) }));

describe('the picture of a graph', () => {
  it('is always the same, and within its box', () => {
    for (const count of [0, 1, 2, 7, 60, 150]) {
      for (const pinned of [false, true]) {
        const edges = count > 1 ? star(count) : [];
        const points = layout(count, edges, 800, 600, pinned);
        expect(points).toEqual(layout(count, edges, 800, 600, pinned));
        expect(points).toHaveLength(count);
        for (const { x, y } of points) {
          expect(x >= -0.001 && x <= 800.001 && y >= -0.001 && y <= 600.001, `${count}: ${x} ${y}`).toBe(true);
        }
      }
    }
  });

  it('keeps a pinned node in the middle and no two in one place', () => {
    const points = layout(40, star(40), 800, 600, true);
    expect(points[0]).toEqual({ x: 400, y: 300 });
    const places = new Set(points.map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`));
    expect(places.size).toBe(40);
  });

  it('puts what is tied together nearer than what is not', () => {
    const edges = [
      { from: 0, to: 1, weight: 5 },
      { from: 1, to: 2, weight: 5 },
      { from: 0, to: 2, weight: 5 },
      { from: 3, to: 4, weight: 5 },
      { from: 4, to: 5, weight: 5 },
      { from: 3, to: 5, weight: 5 },
    ];
    const points = layout(6, edges, 600, 600);
    const apart = (a: number, b: number) => Math.hypot(points[a]!.x - points[b]!.x, points[a]!.y - points[b]!.y);
    for (const { from, to } of edges) expect(apart(from, to)).toBeLessThan(apart(from, (to + 3) % 6));
  });

  it('is walked by arrow keys', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 1 },
      { x: 30, y: 0 },
      { x: 0, y: -10 },
    ];
    expect(nextTo(points, 0, 'ArrowRight')).toBe(1);
    expect(nextTo(points, 1, 'ArrowRight')).toBe(2);
    expect(nextTo(points, 0, 'ArrowUp')).toBe(3);
    expect(nextTo(points, 0, 'ArrowDown')).toBeUndefined();
    expect(nextTo(points, 0, 'Enter')).toBeUndefined();
  });
});
