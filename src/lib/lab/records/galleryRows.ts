/** Published files of results as rows of a gallery, made when the site is built. */
import { browserOf } from './agent';
import type { Gallery, GalleryRow } from './gallery';
import { readRuns } from './import';
import { decodeTokensPerSecond, knownTime, rateInterval, type RunRecord, tokensPerSecond } from './record';
import { fastestOf } from './report';

/**
 * The gallery of these files, fastest first. A file that holds no runs is listed among the others. `devices`: names of GPUs by the end
 * of a file's name (`runs-h100.csv`), because what a driver or a browser calls them is often a version or a vendor alone.
 */
export function galleryOf(
  files: readonly { name: string; text: string }[],
  devices: Readonly<Record<string, string>> = {},
): Gallery {
  const others: string[] = [];
  const found = files.flatMap(({ name, text }) => {
    try {
      const device = /-([a-z0-9]+)\.csv$/.exec(name)?.[1] ?? '';
      const named = Object.hasOwn(devices, device) ? { adapter: devices[device] } : {};
      return readRuns(text).records.map((record, index) => ({ ...record, ...named, file: name, index }));
    } catch {
      others.push(name);
      return [];
    }
  });
  const fastest = new Set(fastestOf(found));
  const rows = found.map((run) => rowOf(run, run.file, run.index, fastest.has(run)));
  return { rows: rows.sort((a, b) => b.rate - a.rate), others };
}

function rowOf(record: RunRecord, file: string, index: number, fastest: boolean): GalleryRow {
  const {
    adapter: device,
    software,
    agent,
    model,
    prefill,
    chunk,
    settings,
    variants,
    warnings,
    startedAt,
  } = record;
  const { low, high } = rateInterval(record);
  const decode = decodeTokensPerSecond(record);
  const product = Object.keys(variants).find((kernel) => kernel.startsWith('matmul_'));
  const short = (value: number) => Number(value.toPrecision(5));
  return {
    ...{
      file,
      index,
      device,
      software,
      browser: browserOf(agent),
      model,
      prefill,
      chunk,
      settings,
      warnings,
    },
    ...{ rate: short(tokensPerSecond(record)), low: short(low), high: short(high), fastest },
    ...(product && { product: `${product}=${variants[product].name}` }),
    ...(decode === undefined ? {} : { decode: short(decode) }),
    day: knownTime(startedAt)?.slice(0, 10) ?? '',
  };
}
