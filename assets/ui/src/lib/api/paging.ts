import { data } from './http';

export interface Page<T> {
  items: T[];
  next_cursor?: string;
}

export interface PageQuery {
  cursor?: string;
  limit: number;
}

/** Reads a paged list to its end, or to `most` items. */
export async function all<T>(read: (query: PageQuery) => Promise<{ data?: Page<T>; response: Response }>, most = 2000): Promise<T[]> {
  const items: T[] = [];
  let query: PageQuery | undefined = { limit: 100 };
  while (query && items.length < most) {
    const page: Page<T> = await data(read(query));
    items.push(...page.items);
    query = page.next_cursor === undefined ? undefined : { limit: 100, cursor: page.next_cursor };
  }
  return items;
}
