import { api, asProblem, type Problem, type User } from '@/lib/api';
import { shutTo, whenSignedOut } from '@/lib/api/http';

/** Who is signed in here. */
class Session {
  me = $state.raw<User | null>(null);
  state = $state<'checking' | 'out' | 'in' | 'unreachable'>('checking');
  /** Set when a session ended while it was in use, so that the sign-in page can say so. */
  expired = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** Whose things are on this page; not shown, so not reactive. */
  private owner: string | undefined;

  constructor() {
    whenSignedOut(() => this.ended());
  }

  async check() {
    try {
      const me = await api.me();
      // Somebody else comes to a page that is full of another's things: a fresh one has none.
      if (this.owner !== undefined && this.owner !== me.id) return location.reload();
      this.me = me;
      this.owner = me.id;
      this.state = 'in';
      this.expired = false;
    } catch (error) {
      const problem = asProblem(error);
      this.problem = problem;
      this.state = problem.status === 401 ? 'out' : 'unreachable';
    }
  }

  async signIn(email: string, password: string) {
    await api.login(email, password);
    shutTo(false);
    await this.check();
  }

  async signOut() {
    await api.logout().catch(() => undefined);
    this.close();
    // A fresh page is the surest way to forget everything that was on it; one that is replaced does not
    // come back as it was when somebody goes back.
    location.replace('/login');
  }

  get isAdmin(): boolean {
    return this.me?.role === 'admin';
  }

  private ended() {
    if (this.state !== 'in') return;
    this.expired = true;
    this.close();
  }

  private close() {
    shutTo(true);
    this.me = null;
    this.state = 'out';
  }
}

export const session = new Session();
