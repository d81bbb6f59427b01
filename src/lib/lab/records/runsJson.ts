/**
 * Runs as JSON and JSON Lines, written and read. An object is a row of the CSV with the same names, so that llama.cpp's
 * compare-llama-bench.py reads it; lists are lists, and numbers are numbers.
 */
import { COLUMNS } from './columns';
import type { Cell } from './csv';
import type { RunRecord } from './record';
import { readRow } from './runsCsv';

/** Columns whose cells are lists of numbers, separated by spaces in the CSV. */
const isList = (name: string) => /samples?_s$/.test(name);

/** A list of objects, each on its line. */
export const toJson = (records: readonly RunRecord[]): string =>
  records.length ? `[\n${records.map(objectOf).join(',\n')}\n]\n` : '[]\n';

/** An object on each line. */
export const toJsonLines = (records: readonly RunRecord[]): string =>
  records.map((record) => `${objectOf(record)}\n`).join('');

function objectOf(record: RunRecord): string {
  const { prefill, prefillSeconds } = record;
  const entries = COLUMNS.map(({ name, value }) => [name, valueOf(name, value(record))] as const);
  return JSON.stringify({
    ...Object.fromEntries(entries),
    samples_ns: prefillSeconds.map((seconds) => Math.round(1e9 * seconds)),
    samples_ts: prefillSeconds.map((seconds) => prefill / seconds),
  });
}

function valueOf(name: string, cell: Cell) {
  if (cell === undefined) return null;
  if (!isList(name) || typeof cell === 'number') return cell;
  return cell === '' ? [] : cell.split(' ').map(Number);
}

/** True for an object that `toJson` wrote. */
export const isRunJson = (entry: Record<string, unknown>): boolean => Object.hasOwn(entry, 'x_settings');

/** The record of an object; `index` counts from 0. Throws an Error that names the entry and the field that cannot be read. */
export function readRunJson(entry: Record<string, unknown>, index: number): RunRecord {
  const row = Object.keys(entry)
    .filter((name) => name.startsWith('x_'))
    .map((name) => [name, textOf(entry[name], `Entry ${index + 1}, ${name}`)] as const);
  return readRow(Object.fromEntries(row), index, 'Entry');
}

function textOf(value: unknown, place: string): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((each) => textOf(each, place)).join(' ');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Error(`${place} should be a number, a text or a list; it is ${typeof value}`);
}
