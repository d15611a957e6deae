import { describe, expect, it } from 'vitest';
import { notes, type Finding } from '@/lib/findings';
import { ago, bytes, dayGroup, initials, span } from '@/lib/format';
import { makeUp } from '@/lib/password';
import { strength } from '@/lib/strength';
import { t } from '@/lib/strings';
import { sentence } from '@/lib/text/sentence';

const finding = (over: Partial<Finding>): Finding => ({
  side: 'input', guard: 'pii', label: 'EMAIL', start: 0, end: 1, score: 1, outcome: 'redacted', ...over,
});

describe('findings in plain words', () => {
  it('count alike ones together, where they happened', () => {
    const all = [
      finding({}),
      finding({}),
      finding({ label: 'CREDIT_CARD' }),
      finding({ side: 'output', label: 'PHONE' }),
      finding({ side: 'retrieved', outcome: 'dropped', label: 'PROMPT_INJECTION', guard: 'injection', title: 'notes.md' }),
    ];
    expect(notes(all, 'question').map((note) => note.text)).toEqual([
      '2 e-mail addresses were hidden from the model.',
      '1 card number was hidden from the model.',
    ]);
    expect(notes(all, 'answer').map((note) => note.text)).toEqual([
      '1 phone number was hidden in the answer.',
      'A passage of notes.md was left out: it tried to give the model orders.',
    ]);
  });

  it('have words for a label that nobody has heard of', () => {
    expect(notes([finding({ label: 'BLOOD_TYPE' })], 'question')[0]?.text).toBe('1 blood type was hidden from the model.');
  });

  it('write names as their owners do', () => {
    const labels = ['GOOGLE_OAUTH', 'NEWRELIC_KEY', 'FLYIO_TOKEN', 'AWS_BEDROCK_KEY', 'GOOGLE_API_KEY', 'STRIPE_KEY', 'PASSWORD'];
    expect(labels.map(t.guards.label)).toEqual([
      'Google OAuth token', 'New Relic key', 'Fly.io token', 'AWS Bedrock key', 'Google API key', 'Stripe key', 'password',
    ]);
    const two = [finding({ label: 'FLYIO_TOKEN' }), finding({ label: 'FLYIO_TOKEN' })];
    expect(notes(two, 'question')[0]?.text).toBe('2 Fly.io tokens were hidden from the model.');
  });
});

describe('what the box says', () => {
  it('is shown as a sentence', () => {
    for (const [said, shown] of [
      ['this password is among those that are tried first', 'This password is among those that are tried first.'],
      ['too many requests', 'Too many requests.'],
      ['this is the last owner; make somebody else one first', 'This is the last owner; make somebody else one first.'],
      ['There is no text in this file. Is it the right one?', 'There is no text in this file. Is it the right one?'],
      ['`temperature` is 3 and must be from 0 to 2', '`temperature` is 3 and must be from 0 to 2.'],
      ['log.filter is wrong', 'log.filter is wrong.'],
      ['it said “no.”', 'It said “no.”'],
      ['', ''],
    ] as const) {
      expect(sentence(said)).toBe(shown);
    }
  });
});

describe('figures', () => {
  it('are short and have a unit', () => {
    expect([0, 1, 999, 1500, 98_400_000].map(bytes)).toEqual(['0 bytes', '1 byte', '999 bytes', '1.5 kB', '98.4 MB']);
    expect([span(181), span(2440), span(240_000)]).toEqual(['181ms', '2.4s', '4m']);
    expect(initials('Ada Lovelace King')).toBe('AK');
  });

  it('group conversations by day', () => {
    const now = new Date(2026, 10, 18, 9, 0);
    const at = (day: number, hour: number) => dayGroup(new Date(2026, 10, day, hour).toISOString(), now);
    expect([at(18, 1), at(17, 23), at(17, 0), at(16, 23), at(12, 1)]).toEqual([
      'Today', 'Yesterday', 'Yesterday', 'Last 7 days', 'Last 7 days',
    ]);
    expect(dayGroup(new Date(2026, 2, 1).toISOString(), now)).toBe('March 2026');
    expect(ago('2026-11-18T08:00:00Z', Date.parse('2026-11-18T08:05:00Z'))).toBe('5 minutes ago');
  });
});

describe('passwords', () => {
  it('made up by the page are strong and never alike', () => {
    expect(strength(makeUp(), { email: 'ada@example.org', name: 'Ada' })).toBe(3);
    expect(new Set(Array.from({ length: 50 }, makeUp)).size).toBe(50);
  });
});
