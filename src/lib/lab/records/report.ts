/** Runs in the form in which people of the RWKV community tell each other inference speeds: engine, device, model, prefill, decode. */
import { browserOf } from './agent';
import { decodeTokensPerSecond, type RunRecord, tokensPerSecond } from './record';
import { oneLine } from '../message';

const COLUMNS = [
  'Engine',
  'Device',
  'Runs in',
  'Model',
  'Prompt',
  'Prefill (tokens/s)',
  'Decode (tokens/s)',
  'Note',
];

/** A Markdown table with a line for the fastest prefill of each device, program, model and prompt. */
export function inferenceReport(records: readonly RunRecord[]): string {
  const rows = fastestOf(records).map((record) => {
    const { setup, labVersion, adapter, agent, model, prefill, warnings } = record;
    const decode = decodeTokensPerSecond(record);
    const engine = setup ? agent : `rwkv-lab ${labVersion ?? '0.1'}, WebGPU`;
    const where = setup ? (setup.cpu_info ?? '') : browserOf(agent);
    return [
      ...[engine, adapter, where, model, String(prefill), tokensPerSecond(record).toPrecision(4)],
      ...[decode?.toPrecision(4) ?? '', warnings.join(' ')],
    ];
  });
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => oneLine(cell).replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(COLUMNS) + line(COLUMNS.map(() => '---')) + rows.map(line).join('');
}

/** The fastest run of each device, program, model and prompt, in the order of the records. */
export function fastestOf<Of extends RunRecord>(records: readonly Of[]): Of[] {
  const best = new Map<string, Of>();
  for (const record of records) {
    const { adapter, agent, model, prefill } = record;
    const key = JSON.stringify([adapter, browserOf(agent), model, prefill]);
    const known = best.get(key);
    if (!known || tokensPerSecond(record) > tokensPerSecond(known)) best.set(key, record);
  }
  const kept = new Set(best.values());
  return records.filter((record) => kept.has(record));
}
