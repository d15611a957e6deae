/** Whether a plugin of the box is used. */

import type { Plugin, PluginUsage } from '@/lib/api';

/** What an operator can set a plugin to: only what judges can be watched without a say. */
export function usages(plugin: Plugin): PluginUsage[] {
  return plugin.world === 'guardrail' ? ['off', 'shadow', 'active'] : ['off', 'active'];
}

/** Guardrails in use have a place in the row; other plugins have none, and say so by their state. */
export function usage(plugin: Plugin): PluginUsage {
  if (plugin.state === 'shadow') return 'shadow';
  if (plugin.origin === 'built_in' && plugin.world !== 'guardrail') return 'active';
  const placed = plugin.origin === 'built_in' || plugin.state === 'broken';
  const used = placed ? plugin.position !== undefined : plugin.state !== 'off';
  return used ? 'active' : 'off';
}
