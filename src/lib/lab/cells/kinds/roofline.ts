/** The peaks of this GPU, measured: arithmetic, memory, dispatches. It has no settings. */
import { readSettings, shorten } from '../../experiment/settings';
import type { KindDescriptor } from './kind';

export interface Roofline {
  kind: 'roofline';
}

export const roofline: KindDescriptor<'roofline', Roofline> = {
  numbers: {},
  starter: () => '',
  read(text) {
    const [setting] = readSettings(text);
    if (setting) throw new Error(`A roofline cell takes no settings; it was given ${shorten(setting[0])}`);
    return { kind: 'roofline' };
  },
  print: () => '',
  experiments: () => [],
  runs: () => [],
  results: { peaks: true },
};
