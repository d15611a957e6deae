import type { Citation } from '@/lib/api';
import { createContext } from 'svelte';

/** What the parts of an answer need from the answer. */
export interface AnswerContext {
  cited: (marker: number) => Citation | undefined;
  /** Opens the drawer at that citation. */
  open: (marker: number) => void;
}

export const [getAnswer, setAnswer] = createContext<AnswerContext>();
