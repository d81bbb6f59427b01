/** Reads what WebKit's Metal text costs from the text itself: loops with their counters, clamped indices, zeroed memory. */

/** The facts of a text about one entry point. */
export interface Written {
  /** Loops of the shader that are left in the text; each has a counter in stack memory that no compiler may remove. */
  loops: number;
  /** Indices clamped at run time, in the innermost loop that has the most of them; functions that it calls included. */
  clampsInnermost: number;
  /** Elements of workgroup memory that thread 0 sets to zero, alone, before the others begin. */
  zeroedElements: number;
}

const COUNTED =
  /\{ volatile uint32_t __wgslEnsureForwardProgress = 0; if \(!__wgslEnsureForwardProgress\) (?:for|while) \(/g;
/** An index that is not a constant of the text. */
const CLAMP = /__wgslMin\((?!unsigned\(\d+\)|\d+u?,)/g;

/** Splits what the compiler prints into the texts of the entry points, by name. */
export function entryPointsIn(metal: string): Map<string, string> {
  const parts = metal.split('// entry point: ').slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
}

/** Reads the text of one entry point. */
export function readMetal(metal: string): Written {
  const functions = new Map(
    [...metal.matchAll(/^\S.* (function\d+)\(.*\)\n\{\n([^]*?)\n\}$/gm)].map(([, name, body]) => [
      name,
      body,
    ]),
  );
  const innermost = [...functions.values()]
    .flatMap(loopsIn)
    .map((loop) => expanded(loop, functions))
    .filter((loop) => loopsIn(loop).length === 0);
  const zeroing = [...metal.matchAll(/for \(unsigned __i\d+ = 0u; \(__i\d+ < (\d+)u\)/g)];
  return {
    loops: [...metal.matchAll(COUNTED)].length,
    clampsInnermost: Math.max(0, ...innermost.map((loop) => [...loop.matchAll(CLAMP)].length)),
    zeroedElements: zeroing.reduce((sum, [, count]) => sum + Number(count), 0),
  };
}

/** The bodies of the loops in a text, those inside other loops too. */
function loopsIn(text: string): string[] {
  return [...text.matchAll(COUNTED)].map(({ index, 0: head }) => {
    const start = index + head.length;
    let depth = 1;
    let at = start;
    for (; at < text.length && depth > 0; at++) depth += Number(text[at] === '{') - Number(text[at] === '}');
    return text.slice(start, at);
  });
}

/** A text with the bodies of the functions that it calls behind it. WGSL has no recursion. */
function expanded(text: string, functions: ReadonlyMap<string, string>): string {
  const called = [...text.matchAll(/\b(function\d+)\(/g)].map(([, name]) => functions.get(name) ?? '');
  return [text, ...called.map((body) => expanded(body, functions))].join('\n');
}
