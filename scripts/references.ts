// A plugin that leaves the kernels' references out of the page, where only workers check kernels: 3 kB of the first load.
import type { Plugin } from 'vite';

/** A node of the syntax tree, as far as it is read here. */
interface Node {
  type: string;
  start: number;
  end: number;
  key?: { name?: string };
  properties?: Node[];
}

export const noReferences: Plugin = {
  name: 'no-references',
  apply: 'build',
  enforce: 'post', // after the types are gone
  transform(code, id) {
    if (!/\/src\/lib\/shaders\/\w+\/reference\.ts$/.test(id)) return undefined;
    if (this.environment.name !== 'client') return undefined;
    const found = referencesIn(this.parse(code) as unknown as Node);
    const without = found.reduceRight(
      (text, { start, end }) => `${text.slice(0, start)}reference: undefined${text.slice(end)}`,
      code,
    );
    return { code: without, map: null };
  },
};

/** The properties `reference` of all objects, in the order of the text. */
function referencesIn(node: Node): Node[] {
  const own = node.type === 'ObjectExpression' ? node.properties! : [];
  const found = own.filter(({ key }) => key?.name === 'reference');
  const children = Object.values(node)
    .flat()
    .filter((child): child is Node => typeof (child as Node | null)?.type === 'string');
  return [...found, ...children.filter((child) => !found.includes(child)).flatMap(referencesIn)];
}
