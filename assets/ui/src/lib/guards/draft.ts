import type { Pipeline, StageRequest, StageUse } from '@/lib/api/types';

/** A stage while somebody works on it. A setting that is not there is as on the box. */
export interface DraftStage {
  readonly plugin: string;
  readonly use: StageUse;
  readonly settings: Readonly<Record<string, string>>;
}

export type Draft = readonly DraftStage[];

const stage = (plugin: string): DraftStage => ({ plugin, use: 'active', settings: {} });

/** What a person starts from: the stages as they are. */
export const draftOf = (pipeline: Pipeline): Draft =>
  pipeline.stages.map(({ plugin, use, settings }) => ({
    plugin,
    use,
    settings: Object.fromEntries(settings.map(({ key, value }) => [key, value])),
  }));

/** The stages with those that a workspace's own must have, active. The box's own may be without. */
export function completed(draft: Draft, required: readonly string[]): Draft {
  const missing = required.filter((name) => !draft.some((one) => one.plugin === name));
  const active = draft.map((one) => (required.includes(one.plugin) ? { ...one, use: 'active' as const } : one));
  return [...missing.map(stage), ...active];
}

/** The stages as the box takes them; settings in the order of their keys. */
export function wire(draft: Draft): StageRequest[] {
  const settings = (one: DraftStage) => Object.entries(one.settings).sort(([a], [b]) => (a < b ? -1 : 1));
  return draft.map((one) => ({
    plugin: one.plugin,
    use: one.use,
    settings: settings(one).map(([key, value]) => ({ key, value })),
  }));
}

export const same = (a: Draft, b: Draft) => JSON.stringify(wire(a)) === JSON.stringify(wire(b));

/** The stage at `from` in the place `to`; the others close up. */
export function move(draft: Draft, from: number, to: number): Draft {
  const moved = draft[from];
  if (!moved || to < 0 || to >= draft.length) return draft;
  const others = draft.filter((_, at) => at !== from);
  return [...others.slice(0, to), moved, ...others.slice(to)];
}

export const add = (draft: Draft, plugin: string): Draft => [...draft, stage(plugin)];

export const remove = (draft: Draft, plugin: string): Draft => draft.filter((one) => one.plugin !== plugin);

export const use = (draft: Draft, plugin: string, wanted: StageUse): Draft =>
  draft.map((one) => (one.plugin === plugin ? { ...one, use: wanted } : one));

/** Sets a setting; `undefined` leaves it to the box. */
export function set(draft: Draft, plugin: string, key: string, value: string | undefined): Draft {
  return draft.map((one) => {
    if (one.plugin !== plugin) return one;
    const { [key]: _, ...others } = one.settings;
    return { ...one, settings: value === undefined ? others : { ...others, [key]: value } };
  });
}
