/** Words of the search page. */

import { n, number } from './count';

export const search = {
  title: 'Search',
  intro: (workspace: string) => `Find the passages of ${workspace} yourself.`,
  query: 'What to look for',
  placeholder: 'Words, a question, or a number such as Q-19',
  submit: 'Search',
  clear: 'Clear the query',
  filters: 'Filters',
  filtersOn: (count: number) => `Filters (${number.format(count)})`,
  clearFilters: 'Clear the filters',
  method: 'Find by',
  methods: { hybrid: 'Words and meaning', lexical: 'Words only', semantic: 'Meaning only' },
  document: 'Document',
  anyDocument: 'All documents',
  tag: 'Tag',
  anyTag: 'Any tag',
  type: 'Type',
  anyType: 'Any type',
  language: 'Language',
  anyLanguage: 'Any language',
  from: 'Added from',
  to: 'Added until',
  diverse: 'Fewer alike passages',
  found: (hits: number, documents: number, time: string) =>
    `${n(hits, 'passage', 'passages')} from ${n(documents, 'document', 'documents')} in ${time}`,
  onlyWords: 'These were found by their words; meaning took no part.',
  searching: 'Searching…',
  idleTitle: 'Look something up',
  idle: 'Search finds passages by their words and by their meaning, and shows why each was found. A click opens its place in the document.',
  nothingTitle: 'Nothing was found',
  nothing: 'Try other words, or fewer filters.',
  nothingIndexed: 'No document is ready to be searched yet.',
  page: (page: number) => `page ${number.format(page)}`,
  open: (title: string) => `Open the place in ${title}`,
  more: 'Show more hits',
  whole: 'Show the whole passage',
  less: 'Show less',
  results: 'Passages found',

  why: {
    title: 'Why this passage?',
    both: 'Its words and its meaning both fit.',
    words: 'Its words fit.',
    meaning: 'Its meaning fits, though the words are others.',
    byWords: (rank: number) => `Number ${number.format(rank)} by words`,
    byMeaning: (rank: number) => `Number ${number.format(rank)} by meaning`,
    notByWords: 'Not among those found by words',
    notByMeaning: 'Not among those found by meaning',
    found: (words: string[]) => `It holds ${words.map((word) => `“${word}”`).join(', ')}.`,
    score: (score: string) => `Weight of these words: ${score}`,
    likeness: (share: string) => `${share} alike in meaning`,
    fused: (rank: number) => `Number ${number.format(rank)} when both are taken together`,
    reranked: (from: number, to: number) =>
      to < from
        ? `A closer look at the best ones moved it up to ${number.format(to)}`
        : to > from
          ? `A closer look at the best ones moved it down to ${number.format(to)}`
          : 'A closer look at the best ones left it in its place',
  },
};
