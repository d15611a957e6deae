import { describe, expect, it } from 'vitest';
import { strength, weakness, type Weakness } from '@/lib/strength';

const ADA = { email: 'ada.lovelace@engine.example', name: 'Ada Lovelace' };

// The tables are those of the box's own tests, in src/auth/strength.rs.
describe('a password', () => {
  it('that is tried first is weak, for the reason that the box will give', () => {
    for (const [password, weak] of [
      ['short pass!', 'short'],
      ['', 'short'],
      ['🔑🔒🗝️'.repeat(2), 'short'],
      ['correct horse battery staple '.repeat(5), 'long'],
      ['aaaaaaaaaaaa', 'pattern'],
      ['abcabcabcabc', 'pattern'],
      ['121212121212', 'pattern'],
      ['123456789012', 'pattern'],
      ['qwertyuiop12', 'pattern'],
      ['QWERTZuiop123', 'pattern'],
      ['1qaz2wsx3edc', 'pattern'],
      ['zyxwvutsrqponm', 'pattern'],
      ['password1234', 'common'],
      ['P@ssw0rd!!!!!', 'common'],
      ['Password!2026', 'common'],
      ['123iloveyou456', 'common'],
      ['welcomeadmin1', 'common'],
      ['Changeme!!2026', 'common'],
      ['privatestack1', 'personal'],
      ['PrivateStack-2026!', 'personal'],
      ['AdaLovelace1815', 'personal'],
      ['ada.lovelace@engine', 'personal'],
    ] satisfies [string, Weakness][]) {
      expect([password, weakness(password, ADA), strength(password, ADA)]).toEqual([password, weak, 0]);
    }
  });

  it('that is a phrase is enough, and stronger the longer it is', () => {
    for (const [password, level] of [
      ['8f3k2m9x7q1z', 1],
      ['violet harbor', 1],
      ['wxkq tpnz fbrl fox', 2],
      ['Übermut tut selten gut', 3],
      ['correct horse battery', 3],
      ['привет из далёкого города', 3],
      ['a long and winding road '.repeat(5), 3],
    ] as const) {
      expect([password, weakness(password, ADA), strength(password, ADA)]).toEqual([password, null, level]);
    }
  });
});
