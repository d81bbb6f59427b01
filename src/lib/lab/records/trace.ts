/**
 * A profile as a trace for Perfetto or chrome://tracing, in the Trace Event Format
 * (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU). Each dispatch ran in a pass of its own with a stamp
 * at its begin and end, so the times between them are those of the GPU too.
 */
import type { Profile } from './profile';

const MICROSECONDS = 1e6;

/** The trace as JSON: a slice for each dispatch, in order. Throws an Error for a profile without timestamps. */
export function profileTrace({ timeline, rows, ...profile }: Profile): string {
  if (!timeline?.length) throw new Error('This profile has no timestamps, so it has no timeline');
  const { settings, adapter, tokens, startedAt, agent } = profile;
  const named = (name: string, args: object) => ({ ph: 'M', pid: 1, tid: 1, name, args });
  const slices = timeline.map(({ row, begin, seconds }, step) => {
    const { kernel, variant, shape } = rows[row];
    return {
      ...{ ph: 'X', pid: 1, tid: 1, cat: 'dispatch', name: `${kernel}/${variant}` },
      ...{ ts: begin * MICROSECONDS, dur: seconds * MICROSECONDS, args: { step: step + 1, shape } },
    };
  });
  const events = [named('process_name', { name: adapter }), named('thread_name', { name: 'GPU' }), ...slices];
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  const about = JSON.stringify({ settings, adapter, tokens, startedAt, agent });
  return `{"displayTimeUnit":"ns","otherData":${about},"traceEvents":[\n${lines}\n]}\n`;
}
