import { describe, expect, it } from 'vitest';
import { parseMarkdown, plainText, safeUrl, type Block, type Inline } from '@/lib/markdown/parse';

const inlines = (source: string): Inline[] => {
  const [block] = parseMarkdown(source);
  return block && 'children' in block ? (block.children as Inline[]) : [];
};

/** Every node of a tree, whatever its shape. */
function walk(value: unknown, visit: (node: Record<string, unknown>) => void) {
  if (Array.isArray(value)) value.forEach((one) => walk(one, visit));
  else if (value && typeof value === 'object') {
    visit(value as Record<string, unknown>);
    Object.values(value).forEach((one) => walk(one, visit));
  }
}

describe('markdown', () => {
  it('reads what answers are made of', () => {
    const blocks = parseMarkdown('# One\n\nIt is **bold**, *soft*, ~~gone~~ and `code`.\n\n1. a\n2. b\n\n> quoted\n\n---\n');
    expect(blocks.map((block) => block.type)).toEqual(['heading', 'paragraph', 'list', 'quote', 'rule']);
    expect(plainText(inlines('It is **bold**, *soft*, ~~gone~~ and `code`.'))).toBe('It is bold, soft, gone and code.');
  });

  it('reads a table with its alignment', () => {
    const [table] = parseMarkdown('| a | b |\n|:--|--:|\n| 1 | 2 |\n') as [Block & { type: 'table' }];
    expect(table.align).toEqual(['left', 'right']);
    expect(table.head.map(plainText)).toEqual(['a', 'b']);
    expect(table.rows.map((row) => row.map(plainText))).toEqual([['1', '2']]);
  });

  it('knows while a code block is still open', () => {
    const open = (source: string) => (parseMarkdown(source)[0] as Block & { type: 'codeblock' }).open;
    expect(open('```rust\nfn main() {')).toBe(true);
    expect(open('```rust\nfn main() {}\n```')).toBe(false);
    expect(open('```rust\nfn main() {}\n```\nand then')).toBe(false);
  });

  it('never skips a level of headings', () => {
    const levels = parseMarkdown('### a\n\n##### b\n\n# c\n\n## d\n').map((block) => block.type === 'heading' && block.level);
    expect(levels).toEqual([1, 2, 1, 2]);
  });

  it('sets citations where they belong', () => {
    const source = 'It is *in the tin*. Or [there](https://a.example). Then `x`.\n\n- one\n- two &amp; three\n\n```\ncode\n```\n';
    const after = (words: string, marker: number) => ({ at: source.indexOf(words) + words.length, marker });
    const cites = [after('tin*.', 1), after('there', 2), after('Then `x`.', 3), after('- one', 1), after('three', 4), after('code', 5)];
    const shown = (node: unknown): string => {
      if (Array.isArray(node)) return node.map(shown).join('');
      const { type, value, marker, children, items } = node as Record<string, unknown>;
      if (type === 'cite') return `[${marker}]`;
      if (type === 'link') return `<${shown(children)}>`;
      return typeof value === 'string' ? value : shown(children ?? items ?? []);
    };
    expect(parseMarkdown(source, cites).map(shown)).toEqual([
      'It is in the tin.[1] Or <there>[2]. Then x.[3]',
      'one[1]two & three[4]',
      'code',
      '[5]',
    ]);
    expect(parseMarkdown('Ends here.', [{ at: 99, marker: 1 }]).map(shown)).toEqual(['Ends here.', '[1]']);
  });

  it('marks what was restored, beside citations, in links and not in code', () => {
    const source = 'Ask *ada@a.example* or +1 555. Or `+1 555`.\n\n- Ada Byron\n';
    const all = (words: string, placeholder: string) =>
      [...source.matchAll(new RegExp(words.replaceAll('+', '\\+'), 'g'))].map(({ index }) => ({
        start: index,
        end: index + words.length,
        placeholder,
      }));
    const restored = [...all('ada@a.example', '[EMAIL_1]'), ...all('+1 555', '[PHONE_1]'), ...all('Ada Byron', '[PERSON_1]')];
    const shown: string[] = [];
    const blocks = parseMarkdown(source, [{ at: source.indexOf('or +1') + 5, marker: 1 }], restored);
    walk(blocks, ({ type, value, placeholder, marker }) => {
      if (type === 'restored') shown.push(`${String(value)}=${String(placeholder)}`);
      else if (type === 'cite') shown.push(`(${String(marker)})`);
      else if (typeof value === 'string') shown.push(value);
    });
    expect(shown).toEqual([
      'Ask ', 'ada@a.example=[EMAIL_1]', ' or ', '+1=[PHONE_1]', '(1)', ' 555=[PHONE_1]', '. Or ', '+1 555', '.',
      'Ada Byron=[PERSON_1]',
    ]);
    const plain = blocks.map((block) => ('children' in block ? plainText(block.children as Inline[]) : ''));
    expect(plain[0]).toBe('Ask ada@a.example or +1 555. Or +1 555.');
  });

  it('makes no citation of what the model wrote itself', () => {
    const source = 'See [1].\n\n[2]: javascript:alert(1)\n\nAnd [2].';
    expect(JSON.stringify(parseMarkdown(source))).not.toContain('"cite"');
    expect(JSON.stringify(parseMarkdown(source))).not.toContain('javascript');
  });

  it('shows raw HTML as the text it is', () => {
    const source = '<img src=x onerror=alert(1)>\n\nHi <b onclick=x>there</b> <script>alert(1)</script>\n\n<svg/onload=alert(1)>';
    const types = new Set<unknown>();
    walk(parseMarkdown(source), (node) => types.add(node['type']));
    expect([...types].sort()).toEqual(['paragraph', 'text']);
    expect(JSON.stringify(parseMarkdown(source))).toContain('<img src=x onerror=alert(1)>');
  });

  it('makes a link of an image, and names its host', () => {
    for (const source of [
      '![chart](https://evil.example/p.png?d=1)',
      '![chart][x]\n\n[x]: https://evil.example/p.png?d=1',
    ]) {
      expect(inlines(source)).toEqual([
        { type: 'image', url: 'https://evil.example/p.png?d=1', host: 'evil.example', alt: 'chart' },
      ]);
    }
    expect(inlines('![x](data:image/png;base64,AAAA)')).toEqual([{ type: 'text', value: 'x' }]);
  });

  it('links nowhere but to http, https and mailto', () => {
    for (const bad of [
      'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd',
      '//evil.example', '/api/v1/users', 'https://user:pass@bank.example/', 'blob:x', '',
    ]) {
      expect(safeUrl(bad), bad).toBeNull();
    }
    expect(safeUrl('https://example.org/a b')).toBe('https://example.org/a%20b');
    expect(safeUrl('mailto:a@example.org')).toBe('mailto:a@example.org');
    expect(inlines('[x](javascript:alert(1))')).toEqual([{ type: 'text', value: 'x' }]);
  });

  it('survives what nobody would write', () => {
    for (const source of ['>'.repeat(2000) + ' deep', '['.repeat(3000), '*a '.repeat(2000), '- '.repeat(400) + 'x', '`'.repeat(3000)]) {
      const started = performance.now();
      expect(parseMarkdown(source).length).toBeGreaterThan(0);
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });

  it('marks what no document says', () => {
    const source = 'It hangs in hall 2. The **moon** is [cheese](https://a.example) [EMAIL_1].';
    const start = source.indexOf('The');
    const [block] = parseMarkdown(
      source,
      [{ at: start - 1, marker: 1 }],
      [{ start: source.indexOf('[EMAIL'), end: source.length - 1, placeholder: '[EMAIL_1]' }],
      [{ start, end: source.length }],
    );
    const nodes = (block as Block & { type: 'paragraph' }).children;
    const said = (node: Inline): string => (node.type === 'unsupported' ? `<${plainText(node.children)}>` : plainText([node]));
    expect(nodes[0]).toEqual({ type: 'text', value: 'It hangs in hall 2.' });
    expect(nodes[1]).toEqual({ type: 'cite', marker: 1 });
    expect(nodes.slice(2).map(said)).toEqual([' ', '<The >', 'moon', '< is >', 'cheese', '< [EMAIL_1].>']);
    expect(plainText(nodes)).toBe('It hangs in hall 2. The moon is cheese [EMAIL_1].');
    const inside: string[] = [];
    walk(nodes, (node) => {
      if (node['type'] === 'unsupported') inside.push(plainText(node['children'] as Inline[]));
    });
    expect(inside).toEqual(['The ', 'moon', ' is ', 'cheese', ' [EMAIL_1].']);
  });
});
