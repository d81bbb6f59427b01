/** The text that a new cell begins with: something that runs. */
import { isLabKind, KINDS } from '../../lab/cells/kinds';
import type { CellKind } from '../../lab/notebook/notebook';

/** The text of a new shader: the only text of a shader that the page has from the start. */
const [TILED] = Object.values(
  import.meta.glob<string>('../../shaders/matmul/tiled.wgsl', {
    query: '?raw&whole',
    import: 'default',
    eager: true,
  }),
);

/** The cells of the notebook, whose names are taken. */
interface Around {
  cells: readonly { name: string }[];
}

/** The body and the name of a new cell. `software`: a CPU stands in for the GPU, and must answer within a minute too. */
export function starterFor(
  kind: CellKind,
  { cells }: Around,
  software: boolean,
): { body: string; name: string } {
  if (kind === 'wgsl') return { body: TILED, name: `matmul_q4_k/${freeName(cells)}` };
  return { body: isLabKind(kind) ? KINDS[kind].starter(software) : '', name: '' };
}

function freeName(cells: Around['cells']): string {
  const taken = new Set(cells.map(({ name }) => name.split('/')[1]));
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'mine' : `mine_${number}`;
    if (!taken.has(name)) return name;
  }
}
