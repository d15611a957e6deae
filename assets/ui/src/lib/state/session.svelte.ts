import { api, asProblem, type Problem, type User } from '@/lib/api';
import { whenSignedOut } from '@/lib/api/http';

/** Who is signed in here. */
class Session {
  me = $state.raw<User | null>(null);
  state = $state<'checking' | 'out' | 'in' | 'unreachable'>('checking');
  /** Set when a session ended while it was in use, so that the sign-in page can say so. */
  expired = $state(false);
  problem = $state.raw<Problem | null>(null);

  constructor() {
    whenSignedOut(() => this.ended());
  }

  async check() {
    try {
      this.me = await api.me();
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
    await this.check();
  }

  async signOut() {
    await api.logout().catch(() => undefined);
    // A fresh page is the surest way to forget everything that was on it.
    location.assign('/login');
  }

  get isAdmin(): boolean {
    return this.me?.role === 'admin';
  }

  private ended() {
    if (this.state !== 'in') return;
    this.expired = true;
    this.me = null;
    this.state = 'out';
  }
}

export const session = new Session();
