/** Numbers of things, in English. */

export const rules = new Intl.PluralRules('en');
export const number = new Intl.NumberFormat('en');
export const n = (count: number, one: string, other: string) =>
  `${number.format(count)} ${rules.select(count) === 'one' ? one : other}`;
