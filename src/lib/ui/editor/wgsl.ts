/**
 * A CodeMirror stream mode for current WGSL: tokens for highlighting, indentation and comment toggling; not a parser.
 */
import type { StreamParser, StringStream } from '@codemirror/language';
import { HEADER_KEYS } from '../../shaders/header';

export interface WgslState {
  /** Number of open block comments; WGSL comments nest. */
  comments: number;
  /** Number of open template lists (`array<vec4<f32>, 4>`). */
  templates: number;
  /** True if a `<` at this position opens a template list. */
  templatable: boolean;
  /** True within a line of the lab's header, `//!`. */
  header: boolean;
  /** Number of open brackets, for indentation. */
  depth: number;
}

const words = (text: string) => new Set(text.trim().split(/\s+/));

const KEYWORDS =
  words(`alias break case const const_assert continue continuing default diagnostic discard else enable
  fn for if let loop override requires return struct switch var while`);
const ATOMS = words(`true false read write read_write function private workgroup uniform storage immediate
  write_only read_only`);
const TYPES = words(`bool f16 f32 i32 u32 array atomic ptr buffer sampler sampler_comparison texture_external
  subgroup_matrix_left subgroup_matrix_right subgroup_matrix_result i8 u8`);
const TYPE =
  /^(vec[234][fhiu]?|mat[234]x[234][fh]?|texture_(storage_|depth_)?(multisampled_)?[123]d(_array)?|texture_(depth_)?cube(_array)?)$/;
/** Functions that take a template list. */
const TEMPLATED = /^(bitcast|bufferView|subgroupMatrix\w+)$/;

/** Built-in functions; also offered as completions. */
const BUILTINS =
  words(`bitcast all any select arrayLength abs acos acosh asin asinh atan atanh atan2 ceil clamp cos cosh
  countLeadingZeros countOneBits countTrailingZeros cross degrees determinant distance dot dot4U8Packed dot4I8Packed exp
  exp2 extractBits faceForward firstLeadingBit firstTrailingBit floor fma fract frexp insertBits inverseSqrt ldexp length
  log log2 max min mix modf normalize pow quantizeToF16 radians reflect refract reverseBits round saturate sign sin sinh
  smoothstep sqrt step tan tanh transpose trunc atomicLoad atomicStore atomicAdd atomicSub atomicMax atomicMin atomicAnd
  atomicOr atomicXor atomicExchange atomicCompareExchangeWeak pack4x8snorm pack4x8unorm pack4xI8 pack4xU8 pack4xI8Clamp
  pack4xU8Clamp pack2x16snorm pack2x16unorm pack2x16float unpack4x8snorm unpack4x8unorm unpack4xI8 unpack4xU8
  unpack2x16snorm unpack2x16unorm unpack2x16float storageBarrier textureBarrier workgroupBarrier workgroupUniformLoad
  subgroupAdd subgroupExclusiveAdd subgroupInclusiveAdd subgroupAll subgroupAnd subgroupAny subgroupBallot
  subgroupBroadcast subgroupBroadcastFirst subgroupElect subgroupMax subgroupMin subgroupMul subgroupExclusiveMul
  subgroupInclusiveMul subgroupOr subgroupShuffle subgroupShuffleDown subgroupShuffleUp subgroupShuffleXor subgroupXor
  quadBroadcast quadSwapDiagonal quadSwapX quadSwapY subgroupMatrixLoad subgroupMatrixStore subgroupMatrixMultiply
  subgroupMatrixMultiplyAccumulate subgroupMatrixScalarAdd subgroupMatrixScalarSubtract subgroupMatrixScalarMultiply
  bufferView bufferLength dpdx dpdy fwidth textureLoad textureStore textureSample textureSampleLevel
  textureDimensions`);

/** Completions offered in WGSL. */
export const COMPLETIONS = [...KEYWORDS, ...ATOMS, ...TYPES, ...BUILTINS].filter((word) => word.length > 3);

/** A complete number literal: hexadecimal float, other hexadecimal, float, or integer. */
const NUMBER =
  /^(0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)[pP][+-]?\d+[fh]?|0[xX](?:[\da-fA-F]+\.[\da-fA-F]*|\.[\da-fA-F]+)|0[xX][\da-fA-F]+[iu]?|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fh]?|\d+[eE][+-]?\d+[fh]?|\d+[iufh]?)/;
const NAME = /^[_\p{XID_Start}][\p{XID_Continue}]*/u;
const FIELD = new RegExp(`^(${HEADER_KEYS.join('|')})(?= \\w+:|:)`);

export const wgslMode: StreamParser<WgslState> = {
  name: 'wgsl',
  startState: () => ({ comments: 0, templates: 0, templatable: false, header: false, depth: 0 }),
  token(stream, state) {
    if (stream.sol()) state.header = false;
    if (state.comments > 0) return blockComment(stream, state);
    if (state.header) return header(stream);
    if (stream.eatSpace()) return null;
    const { templatable } = state;
    state.templatable = false;
    return comment(stream, state) ?? code(stream, state, templatable);
  },
  indent: (state, after, { unit }) => unit * Math.max(0, state.depth - Number(/^\s*[})\]]/.test(after))),
  languageData: {
    commentTokens: { line: '//', block: { open: '/*', close: '*/' } },
    closeBrackets: { brackets: ['(', '[', '{'] },
    indentOnInput: /^\s*[})\]]$/,
  },
};

/** Style of a comment that starts here, including `// knob:` lines and header lines; undefined if none starts. */
function comment(stream: StringStream, state: WgslState): string | undefined {
  if (stream.match('/*')) {
    state.comments = 1;
    return blockComment(stream, state);
  }
  if (stream.match('//!')) {
    state.header = true;
    return 'docComment';
  }
  if (!stream.match('//')) return undefined;
  const knob = stream.match(/^ knob: [\d ]+/, false);
  stream.skipToEnd();
  return knob ? 'annotation' : 'comment';
}

function blockComment(stream: StringStream, state: WgslState): string {
  while (state.comments > 0 && !stream.eol()) {
    if (stream.match('/*')) state.comments++;
    else if (stream.match('*/')) state.comments--;
    else stream.next();
  }
  return 'comment';
}

/** In a header, keys that the engine reads are highlighted differently from the description. */
function header(stream: StringStream): string {
  if (stream.eatSpace()) return 'docComment';
  const before = stream.string.slice(0, stream.pos);
  if (/^\s*\/\/! ?$/.test(before) && stream.match(FIELD)) return 'labelName';
  stream.skipToEnd();
  return 'docComment';
}

function code(stream: StringStream, state: WgslState, templatable: boolean): string {
  if (stream.match(NUMBER)) return stream.match(NAME) ? 'invalid' : 'number';
  if (stream.match(/^@\s*/)) return stream.match(NAME) ? 'meta' : 'invalid';
  const name = stream.match(NAME) as RegExpMatchArray | null;
  if (name) return named(name[0], stream, state);
  if (templatable && stream.eat('<')) {
    state.templates++;
    return 'angleBracket';
  }
  if (state.templates > 0 && stream.eat('>')) {
    state.templates--;
    return 'angleBracket';
  }
  return sign(stream, state);
}

function sign(stream: StringStream, state: WgslState): string {
  if (stream.match(/^[([{]/)) {
    state.depth++;
    return 'bracket';
  }
  if (stream.match(/^[)\]}]/)) {
    state.depth--;
    return 'bracket';
  }
  if (stream.match(/^[,;:]/)) {
    // A semicolon ends a template list that was never closed.
    if (stream.current() === ';') state.templates = 0;
    return 'punctuation';
  }
  if (stream.match(/^(<<=|>>=|->|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^=!<>]=|[-+*/%&|^=!<>~.])/)) return 'operator';
  stream.next();
  return 'invalid';
}

function named(name: string, stream: StringStream, state: WgslState): string {
  if (stream.string[stream.start - 1] === '.') return 'propertyName';
  state.templatable = name === 'var' || TYPES.has(name) || TYPE.test(name) || TEMPLATED.test(name);
  if (KEYWORDS.has(name)) return 'keyword';
  if (ATOMS.has(name)) return 'atom';
  if (TYPES.has(name) || TYPE.test(name)) return 'typeName';
  if (BUILTINS.has(name)) return 'variableName.standard';
  if (/\bfn\s+$/.test(stream.string.slice(0, stream.start))) return 'variableName.definition';
  if (/\b(struct|alias)\s+$/.test(stream.string.slice(0, stream.start))) return 'typeName';
  return stream.match(/^\s*\(/, false) ? 'variableName.function' : 'variableName';
}
