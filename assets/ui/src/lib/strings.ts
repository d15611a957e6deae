import { en, type Strings } from './strings/en';

/** The catalogue in use. English is the first; others join the list when they are translated. */
export const t: Strings = en;
