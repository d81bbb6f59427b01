/** The words of an embedded chart. */
export default {
  open: 'Open in the RWKV-7 lab',
  untitled: 'Results of the RWKV-7 lab',
  noRecords: 'This sweep has no stored results. Freeze its results in the notebook, and share it with them.',
  noChart: (wanted: string, possible: string) =>
    `Cell ${wanted} has no chart. ${possible ? `These cells have one: ${possible}.` : 'No cell of this notebook has one.'}`,
  broken: 'This chart cannot be shown.',
  which: 'Chart to embed',
  copyCode: (cell: number) => `Copy code to embed cell ${cell}`,
  codeCopied: 'Code copied: an iframe with the chart and its results. It measures nothing.',
  copyFailed: 'The browser did not allow copying.',
  measuredOn: (adapters: string, dates: string) => `Measured on ${adapters}, ${dates}`,
};
