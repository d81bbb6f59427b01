// ESLint rule `safari/surface`: every use of an API that Safari 26.0 lacks is behind detection. Which API it has comes from
// MDN's browser-compat-data, and from WebKit's own interface files where the two differ.
//
// Detection is what the reader can see at the place: `a.b?.c`, `'b' in a`, `a.b ?? other`, `if (a.b)`, or a type in which the
// member may be undefined. In Svelte files, where no types are at hand, only members of global objects are looked at.
import { createRequire } from 'node:module';
import { sep } from 'node:path';
import ts from 'typescript';

/** @typedef {import('@mdn/browser-compat-data').Identifier} Identifier */

const { api, javascript } = /** @type {import('@mdn/browser-compat-data').CompatData} */ (
  createRequire(import.meta.url)('@mdn/browser-compat-data')
);

const SAFARI = 26.0;

/** GPUDevice.idl of WebKit 2.50.6, the WebKit of Safari 26.0, has no such attribute; users of 26.0.1 report the same. */
const ABSENT = ['GPUDevice.adapterInfo'];
/** WebKit 2.50 has no such interface, but each of the errors that inherit from it has the member. */
const PRESENT = ['GPUError.message'];

/**
 * Whether Safari 26.0 has a feature; undefined if the data do not know it.
 * @param {Identifier | undefined} feature
 */
function inSafari(feature) {
  const support = feature?.__compat?.support.safari;
  if (!support) return undefined;
  return [support].flat().some(({ version_added: added, version_removed: removed, flags }) => {
    const since = typeof added === 'string' ? parseFloat(added.replace('≤', '')) : NaN;
    return since <= SAFARI && !removed && !flags;
  });
}

/**
 * @param {string} owner the name of an interface of TypeScript's library, such as `PromiseConstructor`
 * @param {string} member
 */
function memberInSafari(owner, member) {
  const name = owner.replace(/Constructor$/, '').replace(/^Readonly(?=Array|Set|Map)/, '');
  if (ABSENT.includes(`${name}.${member}`)) return false;
  if (PRESENT.includes(`${name}.${member}`)) return true;
  const both = name.replace(/^Worker(?=Navigator$)/, '');
  const found = [name, both].flatMap((each) => [
    api[each]?.[member],
    api[each]?.[`${member}_static`],
    javascript.builtins[each]?.[member],
  ]);
  return found.map(inSafari).find((answer) => answer !== undefined);
}

/** @param {string} name */
const globalInSafari = (name) =>
  [api[name], api.Window?.[name], javascript.builtins[name]]
    .map(inSafari)
    .find((answer) => answer !== undefined);

/**
 * Names of members that some interface lacks in Safari. No other name needs a look at its types, which is slow. Members of an interface
 * that Safari lacks as a whole are not among them: the name by which the code reaches the interface is reported already.
 */
const absentNames = new Set(ABSENT.map((each) => each.split('.')[1]));
for (const feature of [...Object.values(api), ...Object.values(javascript.builtins)])
  if (inSafari(/** @type {Identifier} */ (feature)) !== false)
    for (const [key, member] of Object.entries(feature))
      if (inSafari(/** @type {Identifier} */ (member)) === false)
        absentNames.add(key.replace(/_static$/, ''));

/** Interfaces of global objects; other globals, such as `Promise`, are interfaces themselves. */
/** @type {Record<string, string>} */
const GLOBALS = {
  navigator: 'Navigator',
  document: 'Document',
  window: 'Window',
  self: 'Window',
  crypto: 'Crypto',
  performance: 'Performance',
  screen: 'Screen',
};

/**
 * True if the code around a node copes with its absence.
 * @param {any} node
 */
function isDetected(node) {
  const { parent } = node;
  const isTested = ['IfStatement', 'ConditionalExpression'].includes(parent.type) && parent.test === node;
  const isOptional =
    (parent.type === 'MemberExpression' && parent.object === node && parent.optional) ||
    (parent.type === 'CallExpression' && parent.callee === node && parent.optional);
  const isNegated = parent.type === 'UnaryExpression' && ['!', 'typeof'].includes(parent.operator);
  return isTested || isOptional || isNegated || parent.type === 'LogicalExpression';
}

/**
 * True for a name that is used as a type only, which nothing in a browser has to know.
 * @param {object} reference
 */
const isTypeOnly = (reference) => 'isValueReference' in reference && reference.isValueReference === false;

/** @type {import('eslint').Rule.RuleModule} */
const surface = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { absent: 'Safari 26.0 has no {{name}}: use it behind detection, or not at all.' },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services?.program?.getTypeChecker();
    const report = (/** @type {any} */ node, /** @type {string} */ name) =>
      context.report({ node, messageId: 'absent', data: { name } });

    /**
     * Reports a member of an expression's type that comes from a library of types.
     * @param {any} object
     * @param {any} node
     * @param {string} member
     */
    function checkMember(object, node, member) {
      if (!absentNames.has(member)) return;
      if (!checker) {
        const owner = object.type === 'Identifier' ? (GLOBALS[object.name] ?? object.name) : '';
        if (memberInSafari(owner, member) === false) report(node, `${owner}.${member}`);
        return;
      }
      const type = checker.getNonNullableType(services.getTypeAtLocation(object));
      const symbol = checker.getPropertyOfType(type, member);
      if (!symbol || symbol.flags & ts.SymbolFlags.Optional) return;
      for (const declaration of symbol.declarations ?? []) {
        const file = declaration.getSourceFile().fileName.split('/').join(sep);
        if (!/[\\/](lib\.[\w.]+|@webgpu[\\/]types[\\/].*)\.d\.ts$/.test(file)) continue;
        const owners = [/** @type {any} */ (declaration.parent).name?.text ?? '', type.symbol?.name ?? ''];
        const answers = owners.map((owner) => memberInSafari(owner, member));
        if (answers.includes(false) && !answers.includes(true)) return report(node, `${owners[0]}.${member}`);
      }
    }

    return {
      MemberExpression(/** @type {any} */ node) {
        if (!node.computed && !isDetected(node)) checkMember(node.object, node, node.property.name);
      },
      VariableDeclarator(/** @type {any} */ { id, init }) {
        if (id.type !== 'ObjectPattern' || !init) return;
        for (const property of id.properties)
          if (
            property.type === 'Property' &&
            !property.computed &&
            property.value.type !== 'AssignmentPattern'
          )
            checkMember(init, property, property.key.name);
      },
      'Program:exit'() {
        const [scope] = context.sourceCode.scopeManager.scopes;
        // The parser of TypeScript resolves the names of its libraries, in variables that nothing in the file defines.
        const known = scope.variables.filter(({ defs }) => defs.length === 0);
        for (const reference of [...scope.through, ...known.flatMap(({ references }) => references)]) {
          const { identifier } = reference;
          if (isTypeOnly(reference) || isDetected(identifier)) continue;
          if (globalInSafari(identifier.name) === false) report(identifier, identifier.name);
        }
      },
    };
  },
};

export default { rules: { surface } };
