import { describe, expect, it } from 'vitest';
import { readEvents, SseParser } from '@/lib/api/sse';

const STREAM = '\uFEFF: hello\nid: 1\nevent: turn\ndata: {"id":"turn_1"}\n\ndata: first\ndata:second\nid: 2\n\r\n: ping\r\n\r\nevent: done\rdata: {}\r\r';

describe('event streams', () => {
  it('are read alike, wherever they are cut', () => {
    const whole = new SseParser().push(STREAM + '\n');
    expect(whole).toEqual([
      { id: '1', event: 'turn', data: '{"id":"turn_1"}' },
      { id: '2', event: 'message', data: 'first\nsecond' },
      { id: '2', event: 'done', data: '{}' },
    ]);
    for (const size of [1, 2, 3, 7]) {
      const parser = new SseParser();
      const events = [];
      for (let at = 0; at <= STREAM.length; at += size) events.push(...parser.push((STREAM + '\n').slice(at, at + size)));
      expect(events, `pieces of ${size}`).toEqual(whole);
    }
  });

  it('drop an event without data and one that was not finished', () => {
    const parser = new SseParser();
    expect(parser.push('event: queued\n\n')).toEqual([]);
    expect(parser.push('data: half')).toEqual([]);
  });

  it('keep the last id for events that bring none, and take the wish to wait', () => {
    const parser = new SseParser();
    const events = parser.push('id: 41\ndata: a\n\ndata: b\nretry: 1500\n\nid\ndata: c\n\n');
    expect(events.map((event) => event.id)).toEqual(['41', '41', '']);
    expect(parser.retry).toBe(1500);
  });

  it('come out of a response whose characters are cut in half', async () => {
    const bytes = new TextEncoder().encode('data: größer €\n\n');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const data = [];
    for await (const event of readEvents(new Response(body))) data.push(event.data);
    expect(data).toEqual(['größer €']);
  });
});
