/** The words of charts beyond those of the sweep: their forms, their menu, and pictures of them. Loaded with the first chart. */
import type { ShownName } from '../../lab/records/columns';

export default {
  savePng: 'PNG',
  saveSvg: 'SVG',
  save: (kind: string) => `Save ${kind}`,
  savePicture: (kind: string) => `Save the chart as ${kind}`,
  only: 'only',
  onlyHint: (label: string) => `Show only ${label}`,
  showAll: 'show all',
  hideHint: (label: string) => `Hide or show ${label}`,
  measuredOn: (model: string, adapter: string, browser: string, day: string) =>
    [model, adapter, browser, day].filter(Boolean).join(' · '),
  warnings: (codes: string) => `Warnings: ${codes}`,
  interval: (low: string, high: string) => `interval ${low} to ${high}`,
  samples: (count: number) => (count === 1 ? '1 sample' : `${count} samples`),
  change: (percent: string) => `${percent} against before`,
  changeFrom: (percent: string, baseline: string) => `${percent} against ${baseline}`,
  // Heat map
  grid: 'heat map',
  gridSummary: (best: string, rate: string, worst: string, least: string) =>
    `Fastest: ${best}, ${rate} tokens/s. Slowest: ${worst}, ${least} tokens/s.`,
  cellsMissing: (count: number) =>
    count === 1 ? '1 combination has no run.' : `${count} combinations have no run.`,
  // Decoding
  decodeTitle: 'Decode throughput',
  decodeStrip: 'Decode samples in the order taken',
  // Samples
  strip: 'Samples in the order taken',
  sampleNumber: 'sample, in the order taken',
  stripSummary: (run: string, count: number, median: string) =>
    `${run}: ${count === 1 ? '1 sample' : `${count} samples`}, median ${median} tokens/s.`,
  median: (rate: string) => `median ${rate}`,
  // Tuning
  tokenTimes: 'Times of single tokens',
  tokenMilliseconds: 'ms from one token to the next',
  tokensTitle: 'tokens',
  tokensCounted: (count: number) => (count === 1 ? '1 token' : `${count} tokens`),
  between: (from: string, to: string) => `${from} to ${to} ms`,
  atLeast: (from: string) => `${from} ms or longer`,
  tokensSummary: (count: number, median: string, most: string, longest: string) =>
    `${count} tokens: median ${median} ms, 95 % within ${most} ms, the longest ${longest} ms.`,
  singleAbout:
    'Decoded after the samples, each submitted alone and read before the next: slower than in the samples',
  tokensAbout: 'Each time includes reading the logits and sampling the token on the CPU',
  milliseconds: 'ms',
  microseconds: 'µs',
  curve: 'Search: time of the searched kernels in a prompt',
  trialNumber: 'trial',
  trials: 'trials',
  bestSoFar: 'best so far',
  failedTrials: 'no time',
  trialOf: (number: number, kernel: string, what: string) => `Trial ${number}: ${kernel} ${what}`,
  curveSummary: (trials: number, before: string, best: string, percent: string) =>
    `${trials} trials: ${before} ms before, ${best} ms with the best of each kernel (${percent}).`,
  curveClipped: 'Hollow at the top: slower than the axis reaches, or without a time.',
  parallel: 'Every trial of a kernel, knob by knob',
  parallelSummary: (kernel: string, trials: number, best: string, ms: string) =>
    `${kernel}: ${trials} timed trials, the fastest ${best} with ${ms} ms.`,
  time: 'time, ms',
  variant: 'variant',
  // Evaluation
  quality: 'Error against speed',
  divergence: 'KL divergence, nats',
  frontier: 'frontier',
  evaluated: 'runs',
  divergenceOf: (nats: string) => `KL divergence ${nats} nats`,
  agreementOf: (percent: string) => `same best token at ${percent} % of the positions`,
  logitError: (error: string) => `largest logit error ${error}`,
  bitsOf: (bits: string) => `${bits} bits per byte`,
  qualitySummary: (frontier: string) =>
    `Better is further right and lower. No run is both faster and nearer to the exact kernels than: ${frontier}.`,
  qualityText: (tokens: string, random: boolean) =>
    random ? `On ${tokens} random tokens` : `On a text of ${tokens} tokens`,
  qualityTexts: 'These runs were evaluated on different texts: their errors cannot be compared',
  // Roofline
  roofline: 'Roofline: the kernels of this chunk under the peaks of this GPU',
  intensity: 'FLOP per byte, log scale',
  tflopsLog: 'TFLOPS, log scale',
  roofOf: (what: string, value: string) => `${what} ${value}`,
  roofs: { f32: 'f32', f16: 'f16', dot4: 'dot4', matrix: 'matrix units' },
  memoryRoof: 'memory',
  kernels: 'kernels',
  rooflineSummary: (kernel: string, reached: string, of: string) =>
    `${kernel} takes most of the time and reaches ${reached} TFLOPS, ${of} % of what the roof above it allows. Dots are larger where more time goes.`,
  rooflineLeft: (names: string) => `Not drawn, because no arithmetic is counted for them: ${names}.`,
  shareOfTime: (percent: string) => `${percent} % of GPU time`,
  reached: (tflops: string, intensity: string) => `${tflops} TFLOPS at ${intensity} FLOP per byte`,
  ofRoof: (percent: string) => `${percent} % of the roof there`,
  // Timeline
  timeline: 'Timeline of the chunk’s dispatches',
  sinceStart: 'ms since the first began',
  timelineAbout:
    'Each dispatch is a pass of its own here, with its own begin and end by the GPU’s clock; in a run they share a pass.',
  timelineSummary: (dispatches: number, busy: string, gaps: string, percent: string) =>
    `${dispatches} dispatches: ${busy} ms of work, ${gaps} ms between them (${percent} %).`,
  wholeChunk: 'whole chunk',
  oneLayer: 'one layer',
  shown: 'Show',
  otherKernels: 'others',
  from: (ms: string) => `begins at ${ms} ms`,
  lasts: (us: string) => `lasts ${us} µs`,
  // Difference of profiles
  difference: 'Difference of two profiles, by kernel',
  faster: 'less time',
  slower: 'more time',
  differenceOf: (one: string, other: string) => `${one} against ${other}`,
  differenceAxis: 'ms more or less',
  differenceSummary: (total: string, kernel: string, most: string) =>
    `All kernels together: ${total} ms. The largest part: ${kernel}, ${most} ms.`,
  first: 'First',
  second: 'Second',
  kernel: 'Kernel',
  // Two runs of the history
  comparedRuns: 'Two runs of the history',
  chooseSecond: 'Choose a second run to compare both.',
  noSamePoints: 'They have no point with the same settings.',
  placesDiffer: (before: string, after: string) => `Measured differently: ${before} before, ${after} after.`,
  notInterleaved:
    'Both were measured at their own time, so drift of the GPU is part of the difference: a compare cell takes turns.',
  // A selected point
  selected: (run: number) => `Run ${run}`,
  pinPoint: 'Pin as baseline',
  unpinPoint: 'Unpin',
  comparePoint: (baseline: string) => `Compare with ${baseline} in a cell`,
  notePoint: 'Note it',
  openPoint: 'Open as a cell',
  noteText: (what: string, rate: string) => `**${rate} tokens/s** with ${what}`,
  /** The columns of a table of runs. */
  columns: {
    x_median_tokens_per_second: 'Prefill (tokens/s)',
    x_median_ms: 'Median (ms)',
    x_spread_percent: 'Spread (%)',
    x_sample_count: 'Samples',
    x_decode_tokens_per_second: 'Decode (tokens/s)',
    x_sequences_tokens_per_second: 'Decode, all sequences together (tokens/s)',
    x_sequence_tokens_per_second: 'Decode, each sequence (tokens/s)',
    x_softmax_ms: 'Softmax (ms)',
    x_readback_ms: 'Readback (ms)',
    x_nats_per_token: 'Nats per token',
    x_bits_per_byte: 'Bits per byte',
    x_agreement_percent: 'Same best token (%)',
    x_kl_nats_per_token: 'KL divergence (nats)',
    x_max_logit_error: 'Largest logit error',
    x_memory_mb: 'Memory besides weights (MB)',
    x_model: 'Model',
    x_prefill_tokens: 'Prefill (tokens)',
    x_chunk_tokens: 'Chunk (tokens)',
    x_variants: 'Variants',
    x_error: 'Largest error',
    x_adapter: 'Adapter',
    x_setup: 'Setup',
    x_warnings: 'Warnings',
  } satisfies Record<ShownName, string>,
};
