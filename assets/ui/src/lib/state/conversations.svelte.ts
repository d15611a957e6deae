import { api, asProblem, type Conversation, type Problem } from '@/lib/api';

/** The conversations of one workspace, newest first. */
export class Conversations {
  list = $state<Conversation[]>([]);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  more = $state(false);
  private cursor: string | undefined;
  private busy = false;

  constructor(readonly workspace: string) {}

  async load() {
    this.cursor = undefined;
    await this.next(true);
  }

  /** Loads the next page; with `fresh`, the first one. */
  async next(fresh = false) {
    if (this.busy) return;
    this.busy = true;
    try {
      const page = await api.conversations.page(this.workspace, this.cursor);
      const known = fresh ? [] : this.list;
      const ids = new Set(known.map((conversation) => conversation.id));
      this.list = [...known, ...page.items.filter((conversation) => !ids.has(conversation.id))];
      this.cursor = page.next_cursor;
      this.more = this.cursor !== undefined;
      this.loaded = true;
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    } finally {
      this.busy = false;
    }
  }

  /** Loads every page, so that a search finds all there is. */
  async rest() {
    for (let pages = 0; this.more && pages < 40 && !this.problem; pages++) await this.next();
  }

  async create(): Promise<Conversation> {
    const conversation = await api.conversations.create(this.workspace);
    this.put(conversation);
    return conversation;
  }

  /** Takes the box's newest word on one conversation and moves it to the top. */
  async refresh(id: string) {
    try {
      this.put(await api.conversations.get(id));
    } catch {
      // The list is only behind, not wrong; the next load puts it right.
    }
  }

  async rename(id: string, title: string) {
    await api.conversations.rename(id, title);
    this.list = this.list.map((conversation) => (conversation.id === id ? { ...conversation, title } : conversation));
  }

  async remove(id: string) {
    await api.conversations.remove(id);
    this.list = this.list.filter((conversation) => conversation.id !== id);
  }

  get(id: string): Conversation | undefined {
    return this.list.find((conversation) => conversation.id === id);
  }

  private put(conversation: Conversation) {
    const others = this.list.filter((other) => other.id !== conversation.id);
    this.list = [conversation, ...others].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
  }
}

const lists = new Map<string, Conversations>();

/** The list of a workspace; made and loaded on first use. */
export function conversationsOf(workspace: string): Conversations {
  let list = lists.get(workspace);
  if (!list) {
    list = new Conversations(workspace);
    lists.set(workspace, list);
    void list.load();
  }
  return list;
}
