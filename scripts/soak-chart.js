// `node scripts/soak-chart.js docs/data/soak-runs.csv docs/soak.svg` draws the memory of a soak over its runs: one small chart for each figure
// of the CSV, from zero, so that growth can be told from noise. Readable in light and in dark.
import { readFileSync, writeFileSync } from 'node:fs';

const [source, target] = process.argv.slice(2);
if (!target) {
  process.stderr.write('Usage: node scripts/soak-chart.js FILE.csv FILE.svg\n');
  process.exit(2);
}

const FIGURES = {
  page_heap_mb: 'heap of the page, MB',
  worker_heap_mb: 'heap of the worker, MB',
  renderer_mb: 'process of the page, MB',
  gpu_mb: 'buffers on the GPU, MB',
  gpu_process_mb: 'process of the GPU, MB',
  nodes: 'nodes of the page',
  listeners: 'listeners of the page',
  indexeddb_kb: 'IndexedDB, kB',
};
const [WIDTH, HEIGHT, GAP, COLUMNS] = [300, 130, 24, 2];

const rows = rowsOf(readFileSync(source, 'utf8')).filter(({ part }) => part === 'runs');
const runs = rows.map((row) => Number(row.total ?? row.runs));
const figures = Object.entries(FIGURES).filter(([name]) => rows.every((row) => row[name] !== ''));
const lines = Math.ceil(figures.length / COLUMNS);
const [width, height] = [COLUMNS * (WIDTH + GAP) + GAP, lines * (HEIGHT + GAP) + GAP];
const charts = figures.map(([name, title], at) => {
  const [x, y] = [GAP + (at % COLUMNS) * (WIDTH + GAP), GAP + Math.floor(at / COLUMNS) * (HEIGHT + GAP)];
  return `<g transform="translate(${x} ${y})">${chart(
    title,
    rows.map((row) => Number(row[name])),
  )}</g>`;
});
writeFileSync(
  target,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">
<title>What one page holds over ${runs.at(-1)} runs</title>
<style>
svg { --ink: #1f2328; --quiet: #59636e; --rule: #d1d9e0; --line: #0969da; --paper: #fff }
@media (prefers-color-scheme: dark) { svg { --ink: #f0f6fc; --quiet: #9198a1; --rule: #3d444d; --line: #4493f8; --paper: #0d1117 } }
text { fill: var(--ink) } .quiet { fill: var(--quiet) } .rule { stroke: var(--rule) } .line { stroke: var(--line); fill: none; stroke-width: 1.75 }
</style>
<rect width="${width}" height="${height}" fill="var(--paper)"/>
${charts.join('\n')}
</svg>
`,
);

/**
 * One figure over the runs, from zero to a quarter above its largest value.
 * @param {string} title
 * @param {number[]} values
 */
function chart(title, values) {
  const [top, bottom, left] = [22, HEIGHT - 18, 46];
  const most = 1.25 * Math.max(...values, 1e-9);
  const across = (/** @type {number} */ run) => left + ((WIDTH - left) * run) / runs[runs.length - 1];
  const up = (/** @type {number} */ value) => bottom - ((bottom - top) * value) / most;
  const path = values.map((value, at) => `${across(runs[at]).toFixed(1)},${up(value).toFixed(1)}`).join(' ');
  const [first, last] = [values[0], values[values.length - 1]];
  return [
    `<text y="10" font-weight="600">${title}</text>`,
    `<text x="${WIDTH}" y="10" text-anchor="end" class="quiet">${short(first)} → ${short(last)}</text>`,
    `<path class="rule" d="M${left} ${top}V${bottom}H${WIDTH}" fill="none"/>`,
    `<text x="${left - 6}" y="${bottom}" text-anchor="end" class="quiet">0</text>`,
    `<text x="${left - 6}" y="${top + 6}" text-anchor="end" class="quiet">${short(most)}</text>`,
    `<text x="${WIDTH}" y="${HEIGHT - 3}" text-anchor="end" class="quiet">${runs[runs.length - 1]} runs</text>`,
    `<polyline class="line" points="${path}"/>`,
  ].join('');
}

function short(/** @type {number} */ value) {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}

/**
 * The rows of a CSV that soak.js has written.
 * @param {string} text
 * @returns {Record<string, string>[]}
 */
function rowsOf(text) {
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)];
  /** @type {string[][]} */
  const table = [[]];
  for (const [whole, quoted, plain, end] of cells) {
    if (whole === '' && table[table.length - 1].length === 0) break;
    table[table.length - 1].push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\n') table.push([]);
  }
  const [heads, ...lines] = table.filter(({ length }) => length > 0);
  return lines.map((line) => Object.fromEntries(heads.map((head, at) => [head, line[at]])));
}
