import type { Document } from '@/lib/api';

export type ClashChoice = 'replace' | 'keep' | 'skip';

export interface Clash {
  /** What is to be added, and the document of the same name that is there. */
  name: string;
  size: number;
  present: Document;
  /** How many more such files wait behind it. */
  more: () => number;
}

/** Asks what becomes of a file whose name is taken; one at a time, and once for all if wished. */
class Clashes {
  question = $state.raw<Clash | null>(null);
  private line: { clash: Clash; answer: (choice: ClashChoice) => void }[] = [];

  ask(clash: Clash): Promise<ClashChoice> {
    return new Promise((answer) => {
      this.line.push({ clash, answer });
      this.question ??= clash;
    });
  }

  /** Answers the question that is open, or all that were asked so far. */
  settle(choice: ClashChoice, all: boolean) {
    const settled = all ? this.line : this.line.slice(0, 1);
    this.line = all ? [] : this.line.slice(1);
    this.question = this.line[0]?.clash ?? null;
    for (const { answer } of settled) answer(choice);
    if (all) this.standing?.(choice);
  }

  /** Told of an answer that holds for all files that are still to come. */
  standing: ((choice: ClashChoice) => void) | null = null;
}

export const clashes = new Clashes();
