/** The self-test's expected answer of the demo model, and its report. */
import { expect, test } from 'vitest';
import { DEMO_ANSWER } from '../../src/lib/lab/shader/demoAnswer';
import { reportOf } from '../../src/lib/ui/session/selftestReport';
import { type Golden, readJson } from '../oracle';

test('the expected answer of the demo model is that of llama.cpp', () => {
  const { prompts, results } = readJson<Golden>('tests/fixtures/golden.json');
  const [prompt, result] = [prompts[0], results['Q4_K_M dequantized'][0]];
  const { greedy, text } = DEMO_ANSWER;
  expect({ ...DEMO_ANSWER, greedy: undefined, text: undefined }).toEqual({
    prompt: prompt.text,
    ids: prompt.ids,
    top: result.top20.slice(0, DEMO_ANSWER.top.length),
  });
  expect(greedy).toEqual(result.greedy.slice(0, greedy.length));
  expect(Math.min(...result.greedy_margin.slice(0, greedy.length))).toBeGreaterThan(0.07);
  expect(result.greedy_text.startsWith(text)).toBe(true);
});

test('the report is Markdown in which what failed stands first, and no message of a driver breaks a table', () => {
  const check = (outcome: 'passed' | 'failed', reason?: string) => ({
    ...{ kernel: 'wkv', variant: outcome, knobs: 'tile_k=16', outcome, reason },
    ...(outcome === 'passed' && { error: 1e-9 }),
  });
  const report = reportOf(
    {
      adapter: {
        ...{ name: 'A <b>GPU</b>', vendor: '', architecture: '', software: true },
        ...{ features: ['shader-f16'], limits: { maxBufferSize: 7 } },
      },
      counts: { passed: 1, failed: 1, skipped: 0 },
      sorted: [check('failed', 'line 1\n| `line` 2'), check('passed')],
      cheats: [],
      trials: [{ name: 'OPFS', outcome: 'failed', reason: 'no room' }],
      clocks: { tick: 5e-6, timestamps: undefined },
      problem: undefined,
      startedAt: '2026-01-01T00:00:00Z',
      total: 2,
    },
    'A browser',
  );
  const lines = report.split('\n');
  expect(lines).toContain('- Limits: maxBufferSize 7');
  expect(lines).toContain('- Clock: ticks of 5 µs; no timestamps of the GPU');
  expect(lines).toContain('| OPFS | no room |');
  expect(lines).toContain('| wkv/failed tile\\_k=16 | line 1 \\| \\`line\\` 2 |');
  expect(report).not.toContain('<b>');
  expect(report.indexOf('Variants: 1 failed')).toBeLessThan(report.indexOf('<summary>Variants: 1 passed'));
});
