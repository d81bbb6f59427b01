// ESLint rule `rooms/order`: imports between the rooms of src/lib point one way, and no files import each other in a circle.
// Type imports count, and so do those of Svelte files.
import { readFileSync, readdirSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

const ENDINGS = ['', '.ts', '.svelte.ts', '.svelte', '.js', '/index.ts'];
const SOURCE = /\.(ts|js|svelte)$/;

/**
 * The file that an import names, relative to the root. Undefined for a package, a text (`?raw`), a worker (`?worker&url`) and a file
 * that does not exist.
 * @param {string} from the importing file
 * @param {string} specifier
 * @param {{ has(file: string): boolean }} files
 */
function resolveImport(from, specifier, files) {
  const path = specifier.replace(/^\$lib\//, 'src/lib/');
  if (path === specifier && !path.startsWith('.')) return undefined;
  const base = path === specifier ? posix.join(posix.dirname(from), path) : path;
  const ending = ENDINGS.find((each) => files.has(base + each));
  return ending === undefined ? undefined : base + ending;
}

/**
 * The imports of each file: file → imported file → the offset of the import in the text.
 * @param {Map<string, string>} texts by file
 */
function importsOf(texts) {
  /** @type {Map<string, Map<string, number>>} */
  const graph = new Map();
  for (const [file, text] of texts) {
    const found = new Map();
    for (const { code, offset } of scriptsOf(file, text))
      for (const { fileName, pos } of ts.preProcessFile(code, true, true).importedFiles) {
        const target = resolveImport(file, fileName, texts);
        if (target && target !== file && !found.has(target)) found.set(target, offset + pos);
      }
    graph.set(file, found);
  }
  return graph;
}

/**
 * The code of a file: all of it, or the scripts of a Svelte file.
 * @param {string} file
 * @param {string} text
 */
function scriptsOf(file, text) {
  if (!file.endsWith('.svelte')) return [{ code: text, offset: 0 }];
  return [...text.matchAll(/<script\b[^>]*>([^]*?)<\/script>/g)].map((match) => ({
    code: match[1],
    offset: match.index + match[0].indexOf('>') + 1,
  }));
}

/**
 * The files of each circle, in no particular order (Tarjan's strongly connected components).
 * @param {Map<string, Map<string, number>>} graph
 */
function circlesOf(graph) {
  const order = new Map();
  const low = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const circles = [];
  /** @param {string} file */
  const visit = (file) => {
    order.set(file, order.size);
    low.set(file, order.get(file));
    stack.push(file);
    for (const target of graph.get(file)?.keys() ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file), low.get(target)));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle);
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return circles;
}

/**
 * The room of a file: the longest of the rooms' paths that the file begins with, with its place in the list. The first room
 * is the highest.
 * @param {string} file
 * @param {string[]} rooms
 */
function roomOf(file, rooms) {
  const name = rooms
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
  return name === undefined ? undefined : { name, floor: rooms.indexOf(name) };
}

/**
 * All imports that point up, and all that are part of a circle: file → complaints with the offset of the import.
 * @param {Map<string, string>} texts by file
 * @param {string[]} rooms from the highest to the lowest
 */
function problemsOf(texts, rooms) {
  const graph = importsOf(texts);
  const circles = circlesOf(graph);
  /** @type {Map<string, { offset: number, message: string }[]>} */
  const problems = new Map();
  for (const [file, imports] of graph)
    for (const [target, offset] of imports) {
      const [from, to] = [roomOf(file, rooms), roomOf(target, rooms)];
      const circle = circles.find((files) => files.includes(file) && files.includes(target));
      const messages = [];
      if (from && to && to.floor < from.floor)
        messages.push(`${from.name} may not import ${to.name}, a higher room (scripts/lint/rooms.js)`);
      if (from && !to) messages.push(`${target} is in no room: add it to the rooms of eslint.config.js`);
      if (circle) messages.push(`Part of an import circle: ${circle.join(', ')}`);
      for (const message of messages)
        problems.set(file, [...(problems.get(file) ?? []), { offset, message }]);
    }
  return problems;
}

/** @param {string} folder */
function readSources(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    SOURCE.test(name),
  );
  return names.map((name) => join(folder, name));
}

/** @type {ReturnType<typeof problemsOf> | undefined} */
let known;

/** Reads the tree once for a run of ESLint. @param {string} root @param {string[]} rooms */
function problemsBelow(root, rooms) {
  known ??= problemsOf(
    new Map(
      ['src', 'cli']
        .flatMap((folder) => readSources(join(root, folder)))
        .map((path) => [relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')]),
    ),
    rooms,
  );
  return known;
}

/** @type {import('eslint').Rule.RuleModule} */
const order = {
  meta: { type: 'problem', schema: [{ type: 'array', items: { type: 'string' } }] },
  create(context) {
    const root = context.cwd;
    const file = relative(root, context.filename).split(sep).join('/');
    const problems = problemsBelow(root, context.options[0]).get(file) ?? [];
    return {
      Program() {
        for (const { offset, message } of problems)
          context.report({ loc: context.sourceCode.getLocFromIndex(offset), message });
      },
    };
  },
};

export default { rules: { order } };
