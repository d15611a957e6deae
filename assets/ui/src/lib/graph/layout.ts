/**
 * Where to draw the nodes of a graph: springs along the edges, and nodes that push each other away
 * (after Fruchterman and Reingold 1991). There is no chance in it: the same graph always looks the same.
 */

export interface Edge {
  from: number;
  to: number;
  weight: number;
}

export interface Point {
  x: number;
  y: number;
}

const STEPS = 300;
/** Pulls everything towards the middle, so that parts without an edge between them stay in sight. */
const GRAVITY = 0.12;
/** The angle between neighbours on a sunflower's spiral. */
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/**
 * A place for each of `count` nodes within a box of this size; the first stays in the middle if it is `pinned`.
 * `rooms` says how wide each node is with its name.
 */
export function layout(
  count: number,
  edges: readonly Edge[],
  width: number,
  height: number,
  pinned = false,
  rooms: readonly number[] = [],
): Point[] {
  const radius = Math.sqrt(count);
  const nodes: Point[] = Array.from({ length: count }, (_, i) => {
    const distance = Math.sqrt(i) / Math.max(radius, 1);
    return { x: distance * Math.cos(i * GOLDEN), y: distance * Math.sin(i * GOLDEN) };
  });
  const ideal = 1.6 / Math.max(radius, 1);
  const heaviest = Math.max(1, ...edges.map((edge) => edge.weight));
  for (let step = 0; step < STEPS; step += 1) {
    const most = 0.1 * (1 - step / STEPS);
    const push = forces(nodes, edges, ideal, heaviest);
    nodes.forEach((node, i) => {
      if (pinned && i === 0) return;
      const { x, y } = push[i]!;
      const length = Math.hypot(x, y) || 1;
      const far = Math.min(length, most) / length;
      node.x += x * far;
      node.y += y * far;
    });
  }
  return apart(fit(nodes, width, height, pinned), width, height, pinned, rooms);
}

function forces(nodes: readonly Point[], edges: readonly Edge[], ideal: number, heaviest: number): Point[] {
  const push = nodes.map(({ x, y }) => ({ x: -x * GRAVITY, y: -y * GRAVITY }));
  for (let a = 0; a < nodes.length; a += 1) {
    for (let b = a + 1; b < nodes.length; b += 1) {
      const x = nodes[a]!.x - nodes[b]!.x || 1e-4;
      const y = nodes[a]!.y - nodes[b]!.y || 1e-4;
      const force = (ideal * ideal) / (x * x + y * y);
      push[a]!.x += x * force;
      push[a]!.y += y * force;
      push[b]!.x -= x * force;
      push[b]!.y -= y * force;
    }
  }
  for (const { from, to, weight } of edges) {
    const x = nodes[from]!.x - nodes[to]!.x;
    const y = nodes[from]!.y - nodes[to]!.y;
    const force = (Math.hypot(x, y) / ideal) * (0.15 + 0.35 * Math.sqrt(weight / heaviest));
    push[from]!.x -= x * force;
    push[from]!.y -= y * force;
    push[to]!.x += x * force;
    push[to]!.y += y * force;
  }
  return push;
}

/** Stretches the picture to the box; a node that is pinned stays in its middle. */
function fit(nodes: readonly Point[], width: number, height: number, pinned: boolean): Point[] {
  const reach = (values: number[]) => {
    const low = Math.min(...values);
    const high = Math.max(...values);
    if (!pinned) return { middle: (low + high) / 2, half: Math.max((high - low) / 2, 1e-6) };
    const first = values[0] ?? 0;
    return { middle: first, half: Math.max(high - first, first - low, 1e-6) };
  };
  const x = reach(nodes.map((node) => node.x));
  const y = reach(nodes.map((node) => node.y));
  return nodes.map((node) => ({
    x: (width / 2) * (1 + (node.x - x.middle) / x.half),
    y: (height / 2) * (1 + (node.y - y.middle) / y.half),
  }));
}

/** Room for a node and the name below it, where nothing else is said. */
const ROOM = { x: 64, y: 36 };
const ROUNDS = 80;

/** Moves nodes off each other, so that names can be read; in a box that is too small, as far as it goes. */
function apart(nodes: Point[], width: number, height: number, pinned: boolean, rooms: readonly number[]): Point[] {
  const room = (at: number) => rooms[at] ?? ROOM.x;
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  for (let round = 0; round < ROUNDS; round += 1) {
    let moved = false;
    for (let a = 0; a < nodes.length; a += 1) {
      for (let b = a + 1; b < nodes.length; b += 1) {
        const [one, other] = [nodes[a]!, nodes[b]!];
        const wide = (room(a) + room(b)) / 2;
        const x = wide - Math.abs(other.x - one.x);
        const y = ROOM.y - Math.abs(other.y - one.y);
        if (x <= 0 || y <= 0) continue;
        moved = true;
        const flat = x / wide < y / ROOM.y;
        const way = (flat ? other.x >= one.x : other.y >= one.y) ? 1 : -1;
        const still = pinned && a === 0;
        const step = ((flat ? x : y) / (still ? 1 : 2)) * way;
        const axis = flat ? 'x' : 'y';
        const most = flat ? width : height;
        if (!still) one[axis] = within(one[axis] - step, most);
        other[axis] = within(other[axis] + step, most);
      }
    }
    if (!moved) break;
  }
  return nodes;
}

/** The node next in the direction of an arrow key; none if there is nothing that way. */
export function nextTo(points: readonly Point[], at: number, key: string): number | undefined {
  const way = { ArrowRight: { x: 1, y: 0 }, ArrowLeft: { x: -1, y: 0 }, ArrowDown: { x: 0, y: 1 }, ArrowUp: { x: 0, y: -1 } }[key];
  const here = points[at];
  if (!way || !here) return undefined;
  let best: number | undefined;
  let least = Infinity;
  points.forEach((point, i) => {
    const along = (point.x - here.x) * way.x + (point.y - here.y) * way.y;
    const beside = Math.abs((point.x - here.x) * way.y) + Math.abs((point.y - here.y) * way.x);
    if (i === at || along <= 0 || beside > 2 * along) return;
    if (along + beside < least) {
      least = along + beside;
      best = i;
    }
  });
  return best;
}
