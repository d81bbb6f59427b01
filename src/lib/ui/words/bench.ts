/** The words of the speeds and costs on the kernel pages. Loaded with these pages. */
export default {
  errorOf: (error: string, allowed: string) => `error ${error}, allowed ${allowed}`,
  timeOne: 'one use',
  shippedSpeeds: (gpu: string) =>
    `The best of each variant over all its knobs on an ${gpu}, published with the lab. Measure them on this GPU with the button above.`,
  noSpeeds: 'Not measured yet.',
  allFigures: 'All figures by shape',
  costs: (shares: string, gpu: string) => `It takes ${shares} of GPU time (${gpu}).`,
  byCost: (gpu: string) =>
    `In order of GPU time with a model of 2.9 billion parameters, as profiled on: ${gpu}.`,
  ofChunk: (percent: string) => `${percent} % of a chunk`,
  ofToken: (percent: string) => `${percent} % of a decoded token`,
};
