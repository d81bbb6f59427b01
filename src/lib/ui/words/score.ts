/** The words of "How fast is this GPU?" on the first page. */
export default {
  title: 'How fast is this GPU?',
  about: (model: string, size: string) =>
    `Reads a prompt of 512 tokens with ${model} in this browser. Nothing is downloaded: the weights are made on the GPU, about ${size}.`,
  aboutSoftware:
    'Here a CPU emulates the GPU, so only the small demo model is run: it shows that all works, not how fast.',
  start: 'Measure it, about ten seconds',
  again: 'Measure again',
  stop: 'Stop',
  busy: 'Measuring …',
  next: (model: string, why: string) => `${model} does not fit: ${why}. Trying a smaller one …`,
  failed: (why: string) => `It could not be measured: ${why}`,
  result: 'tokens per second',
  of: (model: string, tokens: number) => `${model}, a prompt of ${tokens} tokens`,
  interval: (samples: number, low: string, high: string) =>
    `${samples === 1 ? '1 sample' : `${samples} samples`} between ${low} and ${high}`,
  quick: 'a quick look',
  share: (percent: string, target: string) => `${percent} % of the target of ${target}`,
  limits: 'What limits it',
  looking: 'Looking where the time goes …',
  limit: (kernel: string, share: string) => `${kernel} takes ${share} % of the GPU’s time`,
  compute: (percent: string) => `it reaches ${percent} % of this GPU’s peak arithmetic`,
  memory: (percent: string) => `it reaches ${percent} % of this GPU’s peak memory bandwidth`,
  encoding: (percent: string) => `preparing the work takes the CPU ${percent} % of the time`,
  unknown: 'The profile could not tell',
  copy: 'Copy result',
  copied: 'Copied',
  tune: 'Tune for this GPU',
  goOn: 'Go on in a notebook',
  notebook: 'My GPU',
};
