import type { Finding as WireFinding } from '@/lib/api/types';
import { t } from '@/lib/strings';

/** A finding, with the title of the document it is about. */
export type Finding = WireFinding & { title?: string };

/** One sentence about what the guards did. */
export interface Note {
  text: string;
  kind: 'hidden' | 'dropped' | 'blocked' | 'flagged';
  guards: string[];
}

/** Names stand in nearly every question: that one was noticed is for the record, not for each turn. */
const QUIET = new Set(['PERSON', 'ADDRESS']);

/**
 * Findings as sentences, alike ones counted together. `where` picks the place they are shown at:
 * beside the question (what was hidden in it) or beside the answer (the rest).
 */
export function notes(findings: readonly Finding[], where: 'question' | 'answer'): Note[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    if ((finding.side === 'input') !== (where === 'question')) continue;
    if (finding.outcome === 'flagged' && QUIET.has(finding.label)) continue;
    const key = [finding.side, finding.outcome, finding.label, finding.title ?? ''].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((group) => note(group));
}

function note(group: Finding[]): Note {
  const { side, outcome, label, title } = group[0]!;
  const guards = [...new Set(group.map((finding) => finding.guard))];
  const count = group.length;
  if (outcome === 'blocked') {
    const text = side === 'output' ? t.findings.blockedAnswer(label) : t.findings.blockedInput(label);
    return { text, kind: 'blocked', guards };
  }
  if (outcome === 'dropped') {
    return { text: t.findings.dropped(title, label, count), kind: 'dropped', guards };
  }
  if (outcome === 'flagged') {
    return { text: t.findings.flagged(label, count), kind: 'flagged', guards };
  }
  const say = {
    input: t.findings.hiddenFromModel,
    retrieved: t.findings.hiddenInDocuments,
    output: t.findings.hiddenInAnswer,
  }[side];
  return { text: say(label, count), kind: 'hidden', guards };
}
