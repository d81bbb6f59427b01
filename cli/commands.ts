// The command table and usage text. Each command resolves to true on full success, or throws an Error of one line.
import { NAMED_MODELS } from '../src/lib/lab/experiment/experiment';
import type { Arguments, Signature } from './arguments';
import { bench, info, selftest } from './bench';
import { loadModel } from './load';
import { deleteModel, downloadModel, models } from './models';
import { peaks, profileRun, timeKernels, tuneSettings } from './measuring';
import { runNotebook } from './notebook';
import { repeat } from './repeat';
import { resultFiles } from './resultFiles';
import { evaluateFile, generateText, logits, tokenize } from './text';

export const USAGE = `The RWKV-7 lab in a terminal.

  info                                             this GPU: adapter, features, limits (JSON)
  selftest [KERNEL | KERNEL/VARIANT …]             variants, all or these, against their references on this GPU (JSON lines)
  bench '<settings>'                               runs an experiment (CSV)
  bench --vs llama.cpp --model M '<settings>'      each run beside llama.cpp on the same file, in blocks: both speeds and their ratio (CSV);
        [--budget SECONDS] [--backend cpu]         needs the npm package node-llama-cpp, which the lab does not bring
  run NOTEBOOK.md                                  every cell of a notebook, in order (see below)
  repeat NOTEBOOK.md [--times N] [--samples FILE]  the compare cells of a notebook N times: a row for each verdict (CSV)
  time '<settings>' [--shapes 'rows=10240&…']      the kernels that the settings name, each by itself at the model's shapes (CSV)
  profile '<settings>'                             GPU time of one chunk by kernel and shape (CSV)
  tune '<settings>' [--budget SECONDS] [--error E] the fastest settings for this GPU: a line for each chunk, the ranking on stderr
  peaks                                            what this GPU can do at most: arithmetic, reading, dispatches (CSV)
  logits --model M --tokens 1,2,3 [settings]       the last token's logits, the argmax of every position (JSON)
  tokenize --model M TEXT                          token ids (JSON)
  evaluate --model M --text FILE [settings]        how well the model predicts a text (JSON); with --beside exact also how far
           [--beside exact]                        its predictions are from those of the plainest kernels
  generate --model M --prompt TEXT --tokens N      goes on from a prompt; greedy, or with
           [--temperature T] [--top-p P] [--seed S] [settings]
  results check FILE …                             may these results be published: columns, units, times, checks
  results report FILE …                            the fastest run of each device, model and prompt as a Markdown table
  load --model M [--times N] [--make synthetic-…]  loads a model's file N times: seconds and rate (CSV); --make writes the file first
       [--download yes]                            M is downloaded and loaded at the same time
  models                                           published models, and what is stored here (tab-separated)
  download NAME | ADDRESS                          fetches a model, or goes on fetching it; prints the stored file's path
  delete NAME                                      deletes a stored model

M is a GGUF file, an address, a published name that was downloaded (rwkv7-g1b-2.9b), hf:OWNER/REPOSITORY/FILE[@REVISION], ms:…,
or ${NAMED_MODELS.join(', ')}. Models are stored in the user's cache folder, or in LAB_CACHE; HF_TOKEN, HF_ENDPOINT,
MODELSCOPE_ENDPOINT and HTTPS_PROXY are respected.
Settings: 'prefill=256&chunk=64,128&matmul_q4_k=tiled&matmul_q4_k.tile_k=32', or each as --chunk 64.
run prints the results of each cell below a line '# cell 2 of 4: compare', with a blank line between cells: CSV of sweep,
evaluate, compare, profile and roofline cells, the settings that tune found, the text of generate. Sweeps alone are one CSV table.
Results are on stdout, everything else on stderr. LAB_DAWN_FLAGS holds flags for Dawn.
`;

interface Command extends Signature {
  run(words: Arguments, signal: AbortSignal): Promise<boolean>;
}

const commands: Record<string, Command> = {
  info: { options: [], text: false, run: info },
  selftest: { options: [], text: true, run: selftest },
  bench: { options: ['vs', 'budget', 'backend'], text: false, run: bench },
  run: { options: [], text: true, run: runNotebook },
  repeat: { options: ['times', 'samples'], text: true, run: repeat },
  time: { options: ['shapes'], text: false, run: timeKernels },
  profile: { options: [], text: false, run: profileRun },
  tune: { options: ['budget', 'error'], text: false, run: tuneSettings },
  peaks: { options: [], text: false, run: peaks },
  logits: { options: ['model', 'tokens'], text: false, run: logits },
  tokenize: { options: ['model'], text: true, run: tokenize },
  evaluate: { options: ['model', 'text', 'beside'], text: false, run: evaluateFile },
  generate: {
    options: ['model', 'prompt', 'tokens', 'temperature', 'top-p', 'seed'],
    text: false,
    run: generateText,
  },
  results: { options: [], text: true, run: resultFiles },
  load: { options: ['model', 'times', 'make', 'download'], text: false, run: loadModel },
  models: { options: [], text: false, run: models },
  download: { options: [], text: true, run: downloadModel },
  delete: { options: [], text: true, run: deleteModel },
};

/** Former names of commands, still accepted. */
const FORMER_NAMES: Record<string, string> = { roofs: 'peaks' };

/** The command of this name or former name. Throws an Error that lists all commands. */
export function commandNamed(name: string): Command {
  const current = Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name] : name;
  if (Object.hasOwn(commands, current)) return commands[current];
  throw new Error(`There is no command "${name}"; there are: ${Object.keys(commands).join(', ')}, help`);
}
