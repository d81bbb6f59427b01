/** Starter content of new cells: an example that runs as it is. */
import { isLabKind, KINDS } from '../../lab/cells/kinds';
import type { CellKind } from '../../lab/notebook/notebook';

/** Text of a new shader. It is the only shader text that is part of the initial bundle. */
const [TILED] = Object.values(
  import.meta.glob<string>('../../shaders/matmul/tiled.wgsl', {
    query: '?raw&whole',
    import: 'default',
    eager: true,
  }),
);

/** The notebook's cells, whose names are taken. */
interface Around {
  cells: readonly { name: string }[];
}

/** Body and name of a new cell. `software`: the adapter runs on the CPU, so the example must be small. */
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
