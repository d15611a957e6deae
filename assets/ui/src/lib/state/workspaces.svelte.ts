import { api, asProblem, type AnswerSettings, type Problem, type Workspace } from '@/lib/api';
import { keep, recall } from '@/lib/kept';
import { router } from './router.svelte';

/** The workspaces one is in, and the one that is open. */
class Workspaces {
  list = $state<Workspace[]>([]);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  private lastId = $state(router.workspace ?? recall('workspace') ?? '');

  /** The one in the address; on pages outside any workspace, the one that was open last, here or on the last visit. */
  current = $derived.by(() => {
    const id = router.route.params['ws'] ?? this.lastId;
    return this.list.find((workspace) => workspace.id === id) ?? (router.route.params['ws'] ? null : (this.list[0] ?? null));
  });

  async load() {
    try {
      this.list = sorted(await api.workspaces.list());
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  visit(id: string) {
    this.lastId = id;
    keep('workspace', id);
  }

  async create(name: string): Promise<Workspace> {
    const made = await api.workspaces.create(name);
    this.list = sorted([...this.list, made]);
    return made;
  }

  async change(id: string, change: { name?: string; instructions?: string; answers?: Partial<AnswerSettings> }) {
    const now = await api.workspaces.change(id, change);
    this.list = sorted(this.list.map((workspace) => (workspace.id === id ? now : workspace)));
  }

  forget(id: string) {
    this.list = this.list.filter((workspace) => workspace.id !== id);
  }
}

const sorted = (list: Workspace[]) => [...list].sort((a, b) => a.name.localeCompare(b.name));

export const workspaces = new Workspaces();
