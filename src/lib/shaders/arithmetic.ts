/** Whole-number arithmetic as it stands in shader texts: `//! grid:` lines, `const` declarations, `const_assert`. */

const TOKEN = /\s*(?:(\d+)[ui]?|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/%()<>,]))/y;
const FUNCTIONS: Record<string, (...values: number[]) => number> = {
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  ceil: Math.ceil,
};
const PRECEDENCE = ['||', '&&', '== !=', '< > <= >=', '+ -', '* / %'].map((operators) =>
  operators.split(' '),
);

/**
 * The value of an expression; comparisons give 1 or 0.
 * `whole` divides as WGSL's u32 does (towards zero); without it, division is exact, and grids round up at the end.
 */
export function arithmetic(expression: string, names: Record<string, number>, whole = false): number {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (!match) throw new Error(`cannot read "${expression}" from "${expression.slice(at)}" on`);
    tokens.push(match[1] ?? match[2] ?? match[3]);
  }
  let position = 0;
  const primary = (): number => {
    const token = tokens[position++];
    if (token === '(') {
      const value = level(0);
      if (tokens[position++] !== ')') throw new Error(`"${expression}" lacks a closing bracket`);
      return value;
    }
    if (token !== undefined && /^\d/.test(token)) return Number(token);
    if (token !== undefined && tokens[position] === '(' && Object.hasOwn(FUNCTIONS, token)) {
      const values: number[] = [];
      do {
        position++;
        values.push(level(0));
      } while (tokens[position] === ',');
      if (tokens[position++] !== ')') throw new Error(`"${expression}" lacks a closing bracket`);
      return FUNCTIONS[token](...values);
    }
    if (token !== undefined && Object.hasOwn(names, token)) return names[token];
    throw new Error(
      `"${token ?? 'nothing'}" in "${expression}" is no known name; known: ${Object.keys(names).join(', ')}`,
    );
  };
  const level = (depth: number): number => {
    if (depth === PRECEDENCE.length) return primary();
    let left = level(depth + 1);
    while (PRECEDENCE[depth].includes(tokens[position])) {
      const operator = tokens[position++];
      left = apply(operator, left, level(depth + 1), whole);
    }
    return left;
  };
  const value = level(0);
  if (position < tokens.length)
    throw new Error(`"${expression}" goes on after its end: "${tokens[position]}"`);
  return value;
}

function apply(operator: string, a: number, b: number, whole: boolean): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return whole ? Math.trunc(a / b) : a / b;
    case '%':
      return a % b;
    case '<':
      return Number(a < b);
    case '>':
      return Number(a > b);
    case '<=':
      return Number(a <= b);
    case '>=':
      return Number(a >= b);
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '&&':
      return Number(a !== 0 && b !== 0);
    default:
      return Number(a !== 0 || b !== 0);
  }
}

/** The whole-number `const` declarations of a WGSL text, in order; those of other types are passed over. */
export function constants(wgsl: string): Record<string, number> {
  const names: Record<string, number> = {};
  for (const [, name, expression] of wgsl.matchAll(/^const (\w+)(?:\s*:\s*[ui]32)?\s*=\s*([^;]+);/gm)) {
    try {
      names[name] = arithmetic(expression, names, true);
    } catch {
      // A float or vector constant: no grid or assertion is made of it.
    }
  }
  return names;
}
