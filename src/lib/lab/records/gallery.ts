/** The rows of the gallery of published results, and its filters. Imports nothing, so that the page of results stays small. */

/** A published run. Plain data. */
export interface GalleryRow {
  file: string;
  /** Its place among the runs of the file, from 0. */
  index: number;
  device: string;
  software: boolean;
  browser: string;
  model: string;
  prefill: number;
  chunk: number;
  /** Prompt tokens per second: the median, and its interval. */
  rate: number;
  low: number;
  high: number;
  decode?: number;
  settings: string;
  /** The kernel and variant that multiply the layers' matrices, which decide how exact a speed is; absent if the file does not tell. */
  product?: string;
  warnings: string[];
  /** Ten characters of ISO 8601. */
  day: string;
  /** True for the fastest run of its device, browser, model and prompt. */
  fastest: boolean;
}

export interface Gallery {
  rows: GalleryRow[];
  /** Files of other kinds: kernels, profiles. */
  others: string[];
}

/** The filters of a gallery. */
export const FILTERS = ['device', 'browser', 'model', 'prefill'] as const;
export type Filter = (typeof FILTERS)[number];
export type Wanted = Partial<Record<Filter, string>>;

/** The rows that have all wanted values; `all`: also those of slower settings. */
export const filtered = (rows: readonly GalleryRow[], wanted: Wanted, all: boolean): GalleryRow[] =>
  rows.filter(
    (row) => (all || row.fastest) && FILTERS.every((key) => !wanted[key] || String(row[key]) === wanted[key]),
  );

/**
 * The rows of each model, the model of most devices first. A device's rows stay together, the fastest device and each device's fastest
 * first. Speeds of two models are not comparable.
 */
export function byModel(
  rows: readonly GalleryRow[],
): { model: string; rows: GalleryRow[]; fastest: number }[] {
  const groups = [...new Set(rows.map(({ model }) => model))].map((model) => {
    const sorted = rows.filter((row) => row.model === model).sort((a, b) => b.rate - a.rate);
    const devices = [...new Set(sorted.map(({ device }) => device))];
    const own = devices.flatMap((device) => sorted.filter((row) => row.device === device));
    const rates = own.filter(({ software }) => !software).map(({ rate }) => rate);
    return {
      model,
      rows: own,
      fastest: Math.max(...rates),
      devices: devices.length,
    };
  });
  return groups.sort((a, b) => b.devices - a.devices || b.rows.length - a.rows.length);
}

/** The values of a filter that leave something, given the others; numbers in order. */
export function choicesOf(rows: readonly GalleryRow[], key: Filter, wanted: Wanted): string[] {
  const left = filtered(rows, { ...wanted, [key]: undefined }, true);
  const values = [...new Set(left.map((row) => row[key]))];
  return values
    .sort((a, b) =>
      typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b)),
    )
    .map(String);
}
