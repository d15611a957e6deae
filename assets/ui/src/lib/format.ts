import { t } from '@/lib/strings';

const number = new Intl.NumberFormat(t.lang);
const decimal = new Intl.NumberFormat(t.lang, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(t.lang, { notation: 'compact', maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(t.lang, { numeric: 'auto' });
const day = new Intl.DateTimeFormat(t.lang, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(t.lang, { dateStyle: 'medium', timeStyle: 'short' });
const month = new Intl.DateTimeFormat(t.lang, { month: 'long', year: 'numeric' });

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** A size in bytes, in powers of 1000 as disks are sold. */
export function bytes(size: number): string {
  const power = size < 1000 ? 0 : Math.min(Math.floor(Math.log10(size) / 3), UNITS.length - 1);
  const value = size / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return new Intl.NumberFormat(t.lang, {
    style: 'unit',
    unit: UNITS[power]!,
    // The short form of a byte knows no plural.
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: digits,
  }).format(value);
}

const share = new Intl.NumberFormat(t.lang, { style: 'percent' });

export const percent = (value: number) => share.format(value);
export const count = (value: number) => number.format(value);
export const rate = (value: number) => (value >= 10 ? number.format(Math.round(value)) : decimal.format(value));
export const short = (value: number) => compact.format(value);

/** A span of time in milliseconds: `180ms`, `2.4s`, `3m`. */
export function span(ms: number): string {
  const unit = (value: number, unit: string, maximumFractionDigits: number) =>
    new Intl.NumberFormat(t.lang, { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits }).format(value);
  if (ms < 1000) return unit(ms, 'millisecond', 0);
  if (ms < 90_000) return unit(ms / 1000, 'second', ms < 10_000 ? 1 : 0);
  if (ms < 5_400_000) return unit(ms / 60_000, 'minute', 0);
  if (ms < 172_800_000) return unit(ms / 3_600_000, 'hour', 0);
  return unit(ms / 86_400_000, 'day', 0);
}

/** How long ago, for people: `5 minutes ago`, `yesterday`; a date when it is long ago. */
export function ago(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  const past = Math.abs(seconds);
  if (past < 45) return relative.format(0, 'second');
  if (past < 3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (past < 86_400) return relative.format(Math.round(seconds / 3600), 'hour');
  if (past < 6 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day');
  return day.format(Date.parse(iso));
}

export const date = (iso: string) => day.format(Date.parse(iso));
export const dateTime = (iso: string) => moment.format(Date.parse(iso));

/** The heading under which a conversation of that time is listed. */
export function dayGroup(iso: string, now = new Date()): string {
  const then = new Date(iso);
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const days = Math.ceil((midnight - then.getTime()) / 86_400_000);
  if (days <= 0) return t.days.today;
  if (days === 1) return t.days.yesterday;
  if (days <= 7) return t.days.week;
  if (days <= 30) return t.days.month;
  return month.format(then);
}

const languages = new Intl.DisplayNames(t.lang, { type: 'language', fallback: 'code' });

/** The name of a language by its code: `German` for `de`. */
export function language(code: string): string {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

/** Two letters for a person without a picture. */
export function initials(name: string): string {
  const parts = name.trim().split(/\s+/).filter(Boolean);
  const first = [...(parts[0] ?? '?')][0] ?? '?';
  const last = parts.length > 1 ? ([...parts[parts.length - 1]!][0] ?? '') : '';
  return (first + last).toLocaleUpperCase(t.lang);
}
