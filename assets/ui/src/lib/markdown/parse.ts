import type {
  Definition, Heading, Nodes, Paragraph, PhrasingContent, RootContent, Table, TableCell, Text,
} from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmAutolinkLiteralFromMarkdown } from 'mdast-util-gfm-autolink-literal';
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmAutolinkLiteral } from 'micromark-extension-gfm-autolink-literal';
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough';
import { gfmTable } from 'micromark-extension-gfm-table';

/** Inline parts of an answer. There is no part that holds markup. */
export type Inline =
  | { type: 'text'; value: string }
  | { type: 'code'; value: string }
  | { type: 'strong' | 'em' | 'del'; children: Inline[] }
  | { type: 'break' }
  | { type: 'link'; url: string; children: Inline[] }
  | { type: 'image'; url: string; host: string; alt: string }
  | { type: 'cite'; marker: number }
  /** Words that the model only saw as a placeholder. */
  | { type: 'restored'; value: string; placeholder: string }
  /** Words of a sentence that no document says. */
  | { type: 'unsupported'; children: Inline[] };

/** Blocks of an answer. */
export type Block =
  | { type: 'paragraph'; children: Inline[] }
  /** `level` counts from 1 and never skips one, whatever the source did. */
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'list'; ordered: boolean; start: number; items: Block[][]; tight: boolean }
  | { type: 'quote'; children: Block[] }
  | { type: 'codeblock'; lang: string; value: string; open: boolean }
  | { type: 'rule' }
  | { type: 'table'; align: ('left' | 'right' | 'center' | null)[]; head: Inline[][]; rows: Inline[][][] };

/** Deeper nesting than this is shown as plain text: nobody means it, and recursion has a price. */
const DEEPEST = 24;

const EXTENSIONS = {
  extensions: [gfmTable(), gfmStrikethrough({ singleTilde: false }), gfmAutolinkLiteral()],
  mdastExtensions: [
    gfmTableFromMarkdown(),
    gfmStrikethroughFromMarkdown(),
    gfmAutolinkLiteralFromMarkdown(),
  ],
};

/** Where a citation's number goes: behind the first `at` characters of the source. */
export interface CitePoint {
  at: number;
  marker: number;
}

/** Characters `start..end` of the source are words that the model wrote as a placeholder. */
export interface RestoredSpan {
  start: number;
  end: number;
  placeholder: string;
}

/** Characters `start..end` of the source are a sentence that no document says. */
export interface UnsupportedSpan {
  start: number;
  end: number;
}

/**
 * Parses Markdown (CommonMark, tables, strikethrough, bare links) into a tree that components draw.
 * Raw HTML stays the text it is, images become links that are not loaded, and of links only http,
 * https and mailto stay links. Citations are set where `cites` says, or right after the code, the
 * link or the table cell that stands there. Words of `restored` and of `unsupported` are marked
 * where they are plain text; within code they are not.
 */
export function parseMarkdown(
  source: string,
  cites: readonly CitePoint[] = [],
  restored: readonly RestoredSpan[] = [],
  unsupported: readonly UnsupportedSpan[] = [],
): Block[] {
  const root = fromMarkdown(source, EXTENSIONS);
  const definitions = new Map<string, Definition>();
  collect(root, definitions, 0);
  const points = [...cites].sort((a, b) => a.at - b.at);
  const builder = new Builder(source, definitions, points, restored, unsupported);
  return [...builder.blocks(root.children, 0), ...builder.left()];
}

function collect(node: Nodes, into: Map<string, Definition>, depth: number) {
  if (node.type === 'definition' && !into.has(node.identifier)) into.set(node.identifier, node);
  if ('children' in node && depth < DEEPEST) {
    for (const child of node.children) collect(child, into, depth + 1);
  }
}

const endOf = (node: Nodes) => node.position?.end.offset ?? 0;

class Builder {
  /** Depth of each heading above the present place, in the source's own count. */
  private readonly outline: number[] = [];
  /** How many of the citations are set. */
  private set = 0;

  constructor(
    private readonly source: string,
    private readonly definitions: ReadonlyMap<string, Definition>,
    private readonly cites: readonly CitePoint[],
    private readonly restored: readonly RestoredSpan[],
    private readonly unsupported: readonly UnsupportedSpan[],
  ) {}

  blocks(nodes: readonly RootContent[], depth: number): Block[] {
    return nodes.flatMap((node) => this.block(node, depth));
  }

  /** A paragraph of the citations that stand behind everything. */
  left(): Block[] {
    const children = this.due(Infinity);
    return children.length > 0 ? [{ type: 'paragraph', children }] : [];
  }

  private block(node: RootContent, depth: number): Block[] {
    if (depth > DEEPEST) return [{ type: 'paragraph', children: [{ type: 'text', value: this.raw(node) }] }];
    switch (node.type) {
      case 'paragraph':
        return [{ type: 'paragraph', children: this.words(node, depth) }];
      case 'heading':
        return [{ type: 'heading', level: this.level(node.depth), children: this.words(node, depth) }];
      case 'list': {
        const items = node.children.map((item) => this.blocks(item.children, depth + 1));
        const tight = !node.spread && node.children.every((item) => !item.spread);
        return [{ type: 'list', ordered: !!node.ordered, start: node.start ?? 1, items, tight }];
      }
      case 'blockquote':
        return [{ type: 'quote', children: this.blocks(node.children, depth + 1) }];
      case 'code':
        return [
          { type: 'codeblock', lang: node.lang ?? '', value: node.value, open: this.isOpen(node) },
          ...this.behind(node),
        ];
      case 'thematicBreak':
        return [{ type: 'rule' }];
      case 'table':
        return [this.table(node, depth), ...this.behind(node)];
      case 'html':
        return [{ type: 'paragraph', children: [{ type: 'text', value: node.value }, ...this.due(endOf(node))] }];
      case 'definition':
        return [];
      default:
        return [{ type: 'paragraph', children: [{ type: 'text', value: this.raw(node) }] }];
    }
  }

  private level(depth: number): number {
    while (this.outline.length > 0 && this.outline.at(-1)! >= depth) this.outline.pop();
    this.outline.push(depth);
    return this.outline.length;
  }

  private table(node: Table, depth: number): Block {
    const rows = node.children.map((row) => row.children.map((cell) => this.words(cell, depth)));
    const [head = [], ...rest] = rows;
    return { type: 'table', align: node.align ?? [], head, rows: rest };
  }

  /** The words of a block, with the citations that belong to its end. */
  private words(node: Paragraph | Heading | TableCell, depth: number): Inline[] {
    return [...this.inlines(node.children, depth), ...this.due(endOf(node))];
  }

  /** The citations up to the end of a block that has no words of its own. */
  private behind(node: Nodes): Block[] {
    const children = this.due(endOf(node));
    return children.length > 0 ? [{ type: 'paragraph', children }] : [];
  }

  private inlines(nodes: readonly PhrasingContent[], depth: number): Inline[] {
    return nodes.flatMap((node) => {
      const inline = this.inline(node, depth);
      return [...inline, ...this.due(endOf(node))];
    });
  }

  /** The citations up to a place in the source that are not set yet. */
  private due(end: number): Inline[] {
    const from = this.set;
    while (this.set < this.cites.length && this.cites[this.set]!.at <= end) this.set += 1;
    return this.cites.slice(from, this.set).map(({ marker }) => ({ type: 'cite', marker }));
  }

  private inline(node: PhrasingContent, depth: number): Inline[] {
    if (depth > DEEPEST) return [{ type: 'text', value: this.raw(node) }];
    switch (node.type) {
      case 'text':
        return this.text(node);
      case 'inlineCode':
        return [{ type: 'code', value: node.value }];
      case 'strong':
        return [{ type: 'strong', children: this.inlines(node.children, depth + 1) }];
      case 'emphasis':
        return [{ type: 'em', children: this.inlines(node.children, depth + 1) }];
      case 'delete':
        return [{ type: 'del', children: this.inlines(node.children, depth + 1) }];
      case 'break':
        return [{ type: 'break' }];
      case 'link':
        return this.link(node.url, node.children, depth);
      case 'image':
        return this.image(node.url, node.alt ?? '');
      case 'linkReference':
        return this.link(this.definitions.get(node.identifier)?.url ?? '', node.children, depth);
      case 'imageReference':
        return this.image(this.definitions.get(node.identifier)?.url ?? '', node.alt ?? '');
      default:
        return [{ type: 'text', value: 'value' in node ? node.value : this.raw(node) }];
    }
  }

  /** Text, cut where citations stand; text with escapes in it is not cut, for its places differ. */
  private text(node: Text): Inline[] {
    const start = node.position?.start.offset ?? 0;
    if (endOf(node) - start !== node.value.length) return [{ type: 'text', value: node.value }];
    const parts: Inline[] = [];
    let from = 0;
    while (this.set < this.cites.length && this.cites[this.set]!.at < endOf(node)) {
      const at = Math.max(this.cites[this.set]!.at - start, from);
      parts.push(...this.marked(node.value, start, from, at), ...this.due(start + at));
      from = at;
    }
    parts.push(...this.marked(node.value, start, from, node.value.length));
    return parts;
  }

  /** A stretch of a text that begins at `start`, cut where an unsupported sentence begins and ends. */
  private marked(text: string, start: number, from: number, until: number): Inline[] {
    const parts: Inline[] = [];
    for (const span of this.unsupported) {
      const begin = Math.max(span.start - start, from);
      const end = Math.min(span.end - start, until);
      if (begin >= end) continue;
      parts.push(...this.filled(text, start, from, begin));
      parts.push({ type: 'unsupported', children: this.filled(text, start, begin, end) });
      from = end;
    }
    return [...parts, ...this.filled(text, start, from, until)];
  }

  /** The same, cut where restored words begin and end. */
  private filled(text: string, start: number, from: number, until: number): Inline[] {
    const parts: Inline[] = [];
    for (const span of this.restored) {
      const begin = Math.max(span.start - start, from);
      const end = Math.min(span.end - start, until);
      if (begin >= end) continue;
      if (begin > from) parts.push({ type: 'text', value: text.slice(from, begin) });
      parts.push({ type: 'restored', value: text.slice(begin, end), placeholder: span.placeholder });
      from = end;
    }
    if (from < until) parts.push({ type: 'text', value: text.slice(from, until) });
    return parts;
  }

  private link(url: string, nodes: readonly PhrasingContent[], depth: number): Inline[] {
    const safe = safeUrl(url);
    if (!safe) return this.inlines(nodes, depth + 1);
    const children = this.inlines(nodes, depth + 1);
    // A button does not stand inside of a link.
    const words = children.filter((child) => child.type !== 'cite');
    return [{ type: 'link', url: safe, children: words }, ...children.filter((child) => child.type === 'cite')];
  }

  private image(url: string, alt: string): Inline[] {
    const safe = safeUrl(url);
    if (!safe || safe.startsWith('mailto:')) return alt ? [{ type: 'text', value: alt }] : [];
    return [{ type: 'image', url: safe, host: new URL(safe).host, alt }];
  }

  /** Whether a fenced block has no closing fence yet, as while it is being written. */
  private isOpen(node: Nodes): boolean {
    if (endOf(node) < this.source.trimEnd().length) return false;
    return !/\n[ >\t]*(```+|~~~+)[ \t]*$/.test(this.raw(node));
  }

  private raw(node: Nodes): string {
    return this.source.slice(node.position?.start.offset ?? 0, endOf(node));
  }
}

/** The URL in its normal form if a person may be sent there, else null. */
export function safeUrl(url: string): string | null {
  // Browsers drop these when they parse, so that `java\nscript:` would become a scheme.
  if (/[\u0000-\u001f\u007f]/.test(url)) return null;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  if (parsed.username || parsed.password) return null;
  return ['http:', 'https:', 'mailto:'].includes(parsed.protocol) ? parsed.href : null;
}

/** The words of a tree, for copying and for the live region. */
export function plainText(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'text' || node.type === 'code' || node.type === 'restored') return node.value;
      if (node.type === 'break') return '\n';
      if (node.type === 'image') return node.alt;
      if (node.type === 'cite') return '';
      return plainText(node.children);
    })
    .join('');
}
