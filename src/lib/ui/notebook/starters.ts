/** What a new cell begins with: something that runs. */
import type { CellKind } from '../../lab/notebook/notebook';

/** What a new shader begins as: the page has no other text of a shader from the start. */
const [TILED] = Object.values(
  import.meta.glob<string>('../../shaders/matmul/tiled.wgsl', {
    query: '?raw&whole',
    import: 'default',
    eager: true,
  }),
);

/** Of the notebook: whose names are taken. */
interface Around {
  cells: readonly { name: string }[];
}

const QUESTION = 'prefill=512\nchunk=64,128,256,512\nmatmul_q4_k=block8,tiled\n';
/** The same question small enough for a CPU that stands in for a GPU. */
const SMALL_QUESTION = 'prefill=32\nchunk=8,16,32\nsamples=3\nmatmul_q4_k=block8,tiled\n';

/** `software`: a CPU stands in for the GPU, and answers are wanted within a minute all the same. */
export function starterFor(
  kind: CellKind,
  { cells }: Around,
  software: boolean,
): { body: string; name: string } {
  const prefill = software ? 32 : 512;
  const bodies: Record<CellKind, string> = {
    prose: '',
    sweep: software ? SMALL_QUESTION : QUESTION,
    compare: `prefill=${prefill}\nmatmul_q4_k=block8\n---\nprefill=${prefill}\nmatmul_q4_k=tiled\n`,
    profile: `prefill=${prefill}\n`,
    roofline: '',
    tune: `prefill=${prefill}\nbudget=60\n`,
    generate: 'tokens=100\ntemperature=0\n---\nIt is a truth universally acknowledged',
    wgsl: '',
    csv: '',
  };
  if (kind !== 'wgsl') return { body: bodies[kind], name: '' };
  return { body: TILED, name: `matmul_q4_k/${freeName(cells)}` };
}

function freeName(cells: Around['cells']): string {
  const taken = new Set(cells.map(({ name }) => name.split('/')[1]));
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'mine' : `mine_${number}`;
    if (!taken.has(name)) return name;
  }
}
