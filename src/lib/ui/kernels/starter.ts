/** A notebook that begins with a shipped variant's text: to change it, and to see what the change is worth. */
import { makeCell, type Cell } from '../../lab/notebook/notebook';
import { kernels } from '../../shaders';
import type { Variant } from '../../shaders/variant';

/** Kernels that work on one token: what they are worth shows in decoding. */
const ONE_TOKEN = /matvec|wkv_token/;

/** The cells of a notebook with the variant as `mine`, and a sweep of the model that compares it with its kernel's default. */
export function starterCells({ kernel, name, text }: Variant, model: string): Cell[] {
  const { about, default: best } = kernels[kernel];
  const chunks = model === 'demo' ? 'prefill=64\nchunk=16,64' : 'prefill=512\nchunk=64,512';
  const sizes = ONE_TOKEN.test(kernel) ? 'prefill=32\ndecode=64' : chunks;
  const prose = `# ${kernel}: mine against ${best}\n\n${about}. The shader below began as \`${name}\`; change it, press *Check*, then run the sweep.\n\n`;
  return [
    makeCell('prose', prose),
    makeCell('wgsl', text, `${kernel}/mine`),
    makeCell('prose', '\n'),
    makeCell('sweep', `model=${model}\n${sizes}\n${kernel}=${best},mine\n`),
  ];
}
