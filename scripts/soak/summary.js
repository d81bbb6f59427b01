// The summary at the end of soak.js: which figures grew, and what failed.
import { say } from '../built-page.js';

/** @typedef {Record<string, number | string>} Row */

/** Share by which a figure may be larger at the end of a part than in its first half, and not count as growth. */
const NOISE = 0.05;
/** The figures that must not grow, each with the amount that is never growth. */
const STEADY = {
  page_heap_mb: 1,
  worker_heap_mb: 1,
  nodes: 50,
  listeners: 20,
  gpu_mb: 0,
  gpu_process_mb: 20,
  renderer_mb: 20,
  indexeddb_kb: 64,
};

/**
 * Says what grew and what failed. Returns the exit code.
 * @param {Row[]} rows
 */
export function summary(rows) {
  const failed = rows.filter(({ problem }) => problem !== '');
  const hung = failed.filter(({ problem }) => String(problem).startsWith('hung'));
  for (const { part, total, problem } of failed) say(`failed: ${part} ${total}: ${problem}`);
  let grown = 0;
  for (const part of new Set(rows.map((row) => row.part))) {
    const own = rows.filter((row) => row.part === part);
    const { total } = own[own.length - 1];
    say(`${part}: ${total} in ${own.length} rounds`);
    if (own.length >= 8) grown += growthOf(String(part), own);
  }
  say(`${rows.length} rounds, ${failed.length} failed, of them ${hung.length} hung; ${grown} figures grew`);
  return failed.length + grown > 0 ? 1 : 0;
}

/**
 * Compares the end of a part with its first half. Returns the number of figures that grew.
 * @param {string} part
 * @param {Row[]} rows
 */
function growthOf(part, rows) {
  let grown = 0;
  for (const [name, least] of Object.entries(STEADY)) {
    const values = rows.map((row) => row[name]).filter((value) => value !== '');
    if (values.length < 8) continue;
    // The first rounds compile, load and fill caches.
    const before = median(values.slice(values.length / 4, values.length / 2));
    const after = median(values.slice((values.length * 3) / 4));
    const grows = after - before > Math.max(least, NOISE * before);
    if (grows) grown++;
    say(`${part}: ${name} ${before} → ${after}${grows ? ' GROWS' : ''}`);
  }
  return grown;
}

/** @param {(number | string)[]} values */
function median(values) {
  const sorted = values.map(Number).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
