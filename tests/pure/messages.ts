// The texts in the sources that are English sentences or parts of one, as the messages that they make.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

export interface Said {
  /** "src/lib/lab/x.ts:12" */
  at: string;
  /** The messages that the text makes, with invented values: one with the first of all alternatives, one with the second. */
  examples: string[];
  /** It is the message of an error. */
  thrown: boolean;
}

/** So many words in a row are English, and no name. */
const ENGLISH = /[A-Za-z']+,? [a-z]+,? [a-z]+/;

/** Values that are messages themselves are told within the message. */
const MESSAGE = /message|reason|refused|error\b/i;

/** The English texts of the TypeScript files in folders. */
export function saidIn(folders: readonly string[]): Said[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .flatMap((file) => saidBy(`${folder}/${file}`)),
  );
}

/** The English texts of errors in the TypeScript files of a folder. */
export const thrownIn = (folder: string): Said[] => saidIn([folder]).filter(({ thrown }) => thrown);

function saidBy(path: string): Said[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const constants = constantsOf(file);
  const said: Said[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isLiteralTypeNode(node)) return;
    if (!isText(node)) return ts.forEachChild(node, visit);
    const examples = [...new Set([true, false].map((first) => exampleOf(node, first, constants)))];
    if (!examples.some((example) => ENGLISH.test(example))) return;
    said.push({
      at: `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`,
      examples,
      thrown: ts.isNewExpression(node.parent),
    });
  };
  visit(file);
  return said;
}

/** A literal, a template, or several added. */
const isText = (node: ts.Node): node is ts.Expression =>
  ts.isStringLiteralLike(node) ||
  ts.isTemplateExpression(node) ||
  (ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusToken &&
    (isText(node.left) || isText(node.right)));

/** Expressions of the names in a file that are declared once. */
function constantsOf(file: ts.SourceFile): Map<string, ts.Expression | undefined> {
  const constants = new Map<string, ts.Expression | undefined>();
  const visit = (node: ts.Node): void => {
    if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && ts.isIdentifier(node.name))
      constants.set(node.name.text, constants.has(node.name.text) ? undefined : node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return constants;
}

/** The text that an expression may come to; `first`: with the first or the second of alternatives. */
function exampleOf(node: ts.Expression, first: boolean, constants: ReturnType<typeof constantsOf>): string {
  const of = (part: ts.Expression) => exampleOf(part, first, constants);
  if (ts.isParenthesizedExpression(node)) return of(node.expression);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return (
      node.head.text + node.templateSpans.map((span) => of(span.expression) + span.literal.text).join('')
    );
  if (ts.isConditionalExpression(node)) return of(first ? node.whenTrue : node.whenFalse);
  if (ts.isBinaryExpression(node)) {
    if (node.operatorToken.kind === ts.SyntaxKind.PlusToken) return of(node.left) + of(node.right);
    if (node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) return first ? of(node.right) : '';
    if (/^(\|\||\?\?)$/.test(node.operatorToken.getText())) return of(first ? node.left : node.right);
  }
  if (ts.isIdentifier(node)) {
    const constant = constants.get(node.text);
    if (constant && (isText(constant) || ts.isConditionalExpression(constant))) return of(constant);
  }
  return MESSAGE.test(node.getText()) ? 'chunk has no value' : 'v7';
}
