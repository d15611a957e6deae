import { describe, expect, it } from 'vitest';

import type { Plugin } from '@/lib/api';
import { usage, usages } from '@/lib/guards/usage';

const plugin = (over: Partial<Plugin>): Plugin => ({
  name: 'a', version: '1', summary: '', labels: [], world: 'guardrail', state: 'ready', origin: 'installed',
  capabilities: [], digest: '', ...over,
});

describe('whether a plugin is used', () => {
  it('is told by the place of a guardrail and by the state of the others', () => {
    expect(usage(plugin({ origin: 'built_in', position: 0 }))).toBe('active');
    expect(usage(plugin({ origin: 'built_in' }))).toBe('off');
    expect(usage(plugin({ state: 'off' }))).toBe('off');
    expect(usage(plugin({ state: 'shadow', position: 3 }))).toBe('shadow');
    expect(usage(plugin({ state: 'failing', position: 3 }))).toBe('active');
    expect(usage(plugin({ state: 'broken', position: 3 }))).toBe('active');
    expect(usage(plugin({ state: 'broken' }))).toBe('off');
    expect(usage(plugin({ world: 'reranker' }))).toBe('active');
    expect(usage(plugin({ world: 'reranker', state: 'off' }))).toBe('off');
  });

  it('can be watched in shadow by guardrails alone', () => {
    expect(usages(plugin({}))).toContain('shadow');
    expect(usages(plugin({ world: 'extractor' }))).toEqual(['off', 'active']);
  });
});
