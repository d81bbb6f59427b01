/** Words of the models page; loaded with it. */
import type { DownloadProgress } from '../../models/download';
import type { MeasuredRoom } from '../../models/verdict';

export default {
  title: 'Models',
  intro:
    'Models are kept in this browser and are fetched once. A download goes on where it ended, also after a reload; it counts only when its SHA-256 is the published one. Settings name a model by the name below.',
  room: (used: string, free: string) => `${used} used in this browser, ${free} free.`,
  lasting: 'The browser keeps them until you delete them.',
  notLasting: 'The browser may delete them when it runs out of room.',
  noStorage: (why: string) => `This browser keeps no files for this page: ${why}`,
  here: 'Stored in this browser',
  nothing: 'Nothing yet.',
  published: 'Published',
  other: 'Another file',
  own: 'A file on this computer needs no download: drop it on a notebook, or choose it there under Model.',
  otherLabel: 'hf:owner/repository/file.gguf, ms:… or https://…',
  otherWrong: (text: string) =>
    `“${text}” names no file. Possible are hf:owner/repository/file.gguf, ms:owner/repository/file.gguf, an address that begins with https://, and the names below.`,
  download: 'Download',
  goOn: 'Go on',
  pause: 'Pause',
  remove: 'Delete',
  sure: 'Delete for good?',
  keep: 'Keep',
  whole: 'stored',
  part: (share: string) => `${share} stored`,
  damaged: 'damaged: it can only be deleted',
  phases: {
    asking: 'asking the server',
    waiting: 'downloaded by another tab',
    downloading: 'downloading',
    checking: 'checking the bytes',
  } satisfies Record<DownloadProgress['phase'], string>,
  rate: (rate: string, left: string) => `${rate}/s, ${left} left`,
  ended: {
    paused: 'Paused.',
    noRoom: 'No room:',
    failed: 'It failed:',
  },
  runWithout: 'Run it without storing it: it is then read from the server again on each visit.',
  from: (hosts: string, licence: string) => `from ${hosts}; ${licence}`,
  unknownSize: 'size unknown',
  about: (size: string) => `about ${size}`,
  reference: 'The model that this lab is about.',
  fits: (size: string) => `needs ${size} on the GPU`,
  fitsMeasured: (room: string) => `and fits: ${room} were free`,
  fitsChunk: (room: string, chunk: number) =>
    `${room} were free: it fits in chunks of ${chunk} tokens or fewer (chunk=${chunk})`,
  tooLarge: (room: string) => `only ${room} were free: it does not fit.`,
  smaller: (name: string) => `The largest that fits: ${name}.`,
  onGpu: (size: string) => `on the GPU, ${size} with all that runs it`,
  unmeasured: 'A browser does not tell how much memory the GPU has.',
  measure: 'Measure it',
  measureAgain: 'Measure again',
  measuring: 'Measuring…',
  measured: (room: string, end: MeasuredRoom['end']) =>
    ({
      most: `At least ${room} were free on the GPU when it was measured.`,
      refused: `${room} were free on the GPU when it was measured.`,
      slow: `${room} were free on the GPU before it became slow.`,
    })[end],
  fitsNot: (why: string) => `does not fit this GPU: ${why}`,
  fitAbout: (weights: string, state: string, activations: string) =>
    `weights ${weights}, state ${state}, activations of a chunk of 256 about ${activations}`,
  use: 'Use in a notebook',
  offer: (name: string) => `${name} is not stored in this browser.`,
  meanwhile:
    'You can press Run at once: what has arrived goes to the GPU while the rest is downloaded, and the run begins when the hash is right.',
  seconds: (count: number) => `${count} s`,
  minutes: (count: number) => `${count} min`,
  hours: (count: string) => `${count} h`,
};
