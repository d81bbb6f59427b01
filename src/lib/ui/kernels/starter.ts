/** Builds a notebook that starts from a shipped variant's text, to change it and measure the change. */
import { makeCell, type Cell } from '../../lab/notebook/notebook';
import { kernels } from '../../shaders';
import type { Variant } from '../../shaders/variant';

/** Matches kernels for one token, which are used in decoding. */
const ONE_TOKEN = /matvec|wkv_token/;

/** Cells with a copy of the variant named `mine`, and a sweep that compares it with the kernel's default. */
export function starterCells({ kernel, name, text }: Variant, model: string): Cell[] {
  const { about, default: best } = kernels[kernel];
  const chunks = model === 'demo' ? 'prefill=64\nchunk=16,64' : 'prefill=512\nchunk=64,512';
  const sizes = ONE_TOKEN.test(kernel) ? 'prefill=32\ndecode=64' : chunks;
  const prose = `# ${kernel}: mine against ${best}\n\n${about}. The shader below is a copy of \`${name}\`; change it, press *Check*, then run the sweep.\n\n`;
  return [
    makeCell('prose', prose),
    makeCell('wgsl', text, `${kernel}/mine`),
    makeCell('prose', '\n'),
    makeCell('sweep', `model=${model}\n${sizes}\n${kernel}=${best},mine\n`),
  ];
}
