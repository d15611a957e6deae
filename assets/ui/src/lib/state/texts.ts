import { api, type Passage } from '@/lib/api';
import { byteOffsetsToIndexes } from '@/lib/text/offsets';
import type { Beginning } from '@/lib/text/window';
import { t } from '@/lib/strings';

const KEPT = 4;

/** The last few answers of a kind are kept, for walking between citations. */
function kept<T>(read: (workspace: string, document: string) => Promise<T>) {
  const answers = new Map<string, Promise<T>>();
  return (workspace: string, document: string): Promise<T> => {
    let answer = answers.get(document);
    if (!answer) {
      answer = read(workspace, document);
      answer.catch(() => answers.delete(document));
      answers.set(document, answer);
      const [oldest] = answers.keys();
      if (answers.size > KEPT && oldest !== undefined) answers.delete(oldest);
    }
    return answer;
  };
}

/** The text of a document. */
export const textOf = kept((workspace, document) => api.documents.text(workspace, document));

const passagesOf = kept((workspace, document) => api.documents.passages(workspace, document));

/** Where the passages of a document begin in its text. */
export async function beginningsOf(workspace: string, document: string, text: string): Promise<Beginning[]> {
  return beginnings(text, await passagesOf(workspace, document));
}

export function beginnings(text: string, passages: Pick<Passage, 'ordinal' | 'start' | 'page'>[]): Beginning[] {
  const at = byteOffsetsToIndexes(text, passages.map(({ start }) => start));
  return passages.map(({ ordinal, page }, i) => ({ at: at[i]!, label: t.documents.view.mark(ordinal, page) }));
}
