export interface Question {
  title: string;
  text: string;
  /** What the button that does it says. */
  yes: string;
  /** Words that must be typed first, and the label that asks for them. */
  type?: { word: string; label: string };
}

/** Asks before something that cannot be undone. */
class Confirm {
  question = $state.raw<Question | null>(null);
  private answer: ((yes: boolean) => void) | null = null;

  ask(question: Question): Promise<boolean> {
    this.settle(false);
    this.question = question;
    return new Promise((resolve) => (this.answer = resolve));
  }

  settle(yes: boolean) {
    this.answer?.(yes);
    this.answer = null;
    this.question = null;
  }
}

export const confirm = new Confirm();
