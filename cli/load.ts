// The command load: how fast a model's file reaches the GPU.
import { existsSync } from 'node:fs';
import { loadModel as loadFile } from '../src/lib/engine/load';
import { syntheticModel } from '../src/lib/engine/synthetic';
import { openDevice } from '../src/lib/engine/device';
import { type Arguments, numberOption, oneOf, required } from './arguments';
import { openModel, print, tell } from './host';
import { makeModel } from './makeModel';
import { openArriving } from './models';
import { gpu } from './node';

/**
 * Loads a model several times and prints the seconds and the rate of each as CSV. With --make, a file that does not exist is
 * made first, with random weights of that geometry. With --download, a name or address is downloaded and loaded at once; then the
 * seconds end when the file's hash is known.
 */
export async function loadModel(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const model = required(words, 'model', 'FILE, or the name of a stored model');
  const times = numberOption(words, 'times', { smallest: 1, largest: 1000, whole: true, default: 3 });
  const made = words.options.get('make');
  const arrives = oneOf(words, 'download', ['no', 'yes']) === 'yes';
  if (made && !existsSync(model)) {
    const random = syntheticModel(made);
    tell(`writing ${model}\n`);
    await makeModel(model, random);
  }
  const device = await openDevice(gpu);
  print('run,header_s,weights_s,bytes,gb_per_s,most_memory_mb\n');
  for (let run = 1; run <= times; run++) {
    signal.throwIfAborted();
    const from = performance.now();
    const source = await (arrives ? openArriving(model, signal) : openModel(model, signal));
    let opened = 0;
    const { weights } = await loadFile(device, source, () => (opened ||= performance.now()), signal);
    const seconds = (performance.now() - opened) / 1e3;
    const memory = process.resourceUsage().maxRSS / 1024;
    const fields = [
      run,
      (opened - from) / 1e3,
      seconds,
      weights.byteLength,
      weights.byteLength / seconds / 1e9,
      memory,
    ];
    print(`${fields.map((value) => (Number.isInteger(value) ? value : value.toPrecision(4))).join(',')}\n`);
    weights.destroy();
    await source.close?.();
    await device.queue.onSubmittedWorkDone();
  }
  device.destroy();
  return true;
}
