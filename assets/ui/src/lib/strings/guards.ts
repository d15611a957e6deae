/** The words of the box's plugins, in English. */

import { n } from './count';
import { LABELS, words } from './labels';

const CAPABILITIES: Record<string, string> = {
  log: 'the log (lines are counted, not shown)',
  config: 'its own settings',
  clock: 'the time of day',
  kv: 'a few values that it keeps',
  embed: 'the embedding model',
};

export const guards = {
  title: 'Guardrails',
  intro: 'Small programs, each locked in a sandbox without files or network. Those that judge read every question, every passage and every answer, in this order.',
  looksFor: 'Looks for',
  version: (version: string) => `Version ${version}`,
  unused: 'Not in use',
  failing: 'Failing: what it cannot judge is stopped',
  broken: 'Cannot be loaded: no text passes while it is on',
  installed: 'Installed',
  mayCall: 'May call',
  nothing: 'nothing of the box',
  capability: (name: string) => CAPABILITIES[name] ?? name,
  usage: (name: string) => `How ${name} is used`,
  usages: { off: 'Off', shadow: 'Shadow: only counted', active: 'On' },
  shadow: (judged: number, objections: number) =>
    `${n(judged, 'text', 'texts')} read in shadow, ${n(objections, 'objection', 'objections')}`,
  emptyTitle: 'No guardrails are on',
  emptyIntro: 'Questions and answers pass unchecked.',
  label: (label: string) => LABELS[label.toUpperCase()]?.[0] ?? words(label),
  worlds: {
    guardrail: 'Judges texts',
    formatter: 'Forms answers',
    extractor: 'Reads files',
    chunker: 'Cuts texts into passages',
    rewriter: 'Rewrites searches',
    reranker: 'Orders what was found',
  },
};
