import { api, asProblem, type Model, type System } from '@/lib/api';
import { session } from './session.svelte';

const CALM_MS = 20_000;
const WATCHED_MS = 2000;

/** How the box is doing. Asked now and then; often while somebody looks at it. */
class Box {
  /** Figures for admins. */
  system = $state.raw<System | null>(null);
  ready = $state(false);
  models = $state.raw<Model[]>([]);
  reachable = $state(true);
  known = $state(false);
  /** How many are looking; not shown, so not reactive. */
  private watched = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  state = $derived.by((): 'ok' | 'loading' | 'degraded' | 'offline' => {
    if (!this.reachable) return 'offline';
    if (!this.known) return 'loading';
    if (this.ready) return 'ok';
    const chat = this.models.find((model) => model.kind === 'chat' && model.default);
    return chat && chat.state !== 'failed' ? 'loading' : 'degraded';
  });

  constructor() {
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.timer !== undefined) void this.tick();
    });
  }

  /** Looks from now on, until the session ends. */
  start() {
    if (this.timer === undefined) void this.tick();
  }

  /** Looks often until the returned function is called. */
  watch(): () => void {
    this.watched += 1;
    void this.tick();
    return () => (this.watched -= 1);
  }

  private async tick() {
    clearTimeout(this.timer);
    if (session.state === 'in' && !document.hidden) await this.look();
    clearTimeout(this.timer);
    this.timer = undefined;
    if (session.state !== 'in') return;
    const soon = this.watched > 0 || this.state !== 'ok';
    this.timer = setTimeout(() => void this.tick(), soon ? WATCHED_MS : CALM_MS);
  }

  private async look() {
    try {
      const figures = session.isAdmin ? api.system().catch(() => null) : null;
      const [models, ready, system] = await Promise.all([api.models(), api.ready(), figures]);
      this.models = models;
      this.ready = ready;
      this.system = system;
      this.reachable = true;
      this.known = true;
    } catch (error) {
      this.reachable = asProblem(error).status !== 0;
    }
  }
}

export const box = new Box();
