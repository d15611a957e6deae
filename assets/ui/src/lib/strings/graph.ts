/** The words of the graph, in English. */

import { n } from './count';

export const graph = {
  title: 'Graph',
  intro: (workspace: string) => `What the documents of ${workspace} speak of, and what belongs together.`,
  emptyTitle: 'Nothing is known yet',
  empty: 'Add documents: the people, organisations, places, dates, numbers and terms in them are found when they are read.',
  search: 'Find a name',
  kind: 'Kind',
  all: 'As in the picture',
  kinds: {
    person: 'Person',
    organisation: 'Organisation',
    place: 'Place',
    date: 'Date',
    id: 'Number',
    term: 'Term',
  },
  many: {
    person: 'People',
    organisation: 'Organisations',
    place: 'Places',
    date: 'Dates',
    id: 'Numbers',
    term: 'Terms',
  },
  list: 'Names',
  none: 'Nothing is called that.',
  counts: (mentions: number, documents: number) =>
    `${n(mentions, 'mention', 'mentions')} in ${n(documents, 'document', 'documents')}`,
  picture: (nodes: number) =>
    `Picture of ${n(nodes, 'name', 'names')} and what belongs together. Arrow keys walk; Enter opens one.`,
  around: (label: string) => `Around ${label}`,
  whole: 'Whole graph',
  definitions: 'What it means',
  mentions: 'Where it is named',
  neighbours: 'Belongs together with',
  page: (page: number) => `page ${page}`,
  edges: {
    co_mention: 'named together',
    definition: 'in its definition',
    same_as: 'short for the same',
  },
};
