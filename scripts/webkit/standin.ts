/**
 * Compiles WebKit's Metal text with clang for an AMD GPU, as a stand-in for Apple's compiler, which does not run on Linux. What clang
 * makes of a loop with a volatile counter, or of loads that wait for each other, Apple's LLVM makes as well; figures compare
 * texts with each other and say nothing of an Apple GPU's speed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const HEADER = fileURLToPath(new URL('standin.h', import.meta.url));
/** 32 threads side by side, as on Apple's GPUs. */
const FLAGS = ['--target=amdgcn-amd-amdhsa', '-mcpu=gfx1030', '-nogpulib', '-O3', '-S', '-o', '-'];

/** Registers of 32 bits that a thread may have on Apple's GPUs (dougallj.github.io/applegpu); more values are spilled. */
const REGISTERS = 128;

/** The result of the stand-in's compiler for an entry point. */
export interface Compiled {
  /** Places at which a thread waits for memory outside the workgroup, private scratch included. */
  waits: number;
  /** Loads from such memory that are written in the text, scratch excluded. */
  loads: number;
  registers: number;
  /** Bytes of scratch memory of a thread: spilled registers, arrays, and the volatile counters of loops. */
  scratchBytes: number;
  instructions: number;
}

const INPUTS: Record<string, string> = {
  threadgroup_position_in_grid:
    'make_vec<unsigned, 3>(__builtin_amdgcn_workgroup_id_x(), __builtin_amdgcn_workgroup_id_y(), __builtin_amdgcn_workgroup_id_z())',
  threadgroups_per_grid: 'make_vec<unsigned, 3>(64u, 1u, 1u)',
  thread_index_in_threadgroup: '__builtin_amdgcn_workitem_id_x()',
  thread_position_in_threadgroup: 'make_vec<unsigned, 3>(__builtin_amdgcn_workitem_id_x(), 0u, 0u)',
  thread_position_in_grid:
    'make_vec<unsigned, 3>(__builtin_amdgcn_workgroup_id_x() * THREADS + __builtin_amdgcn_workitem_id_x(), __builtin_amdgcn_workgroup_id_y(), __builtin_amdgcn_workgroup_id_z())',
};

/** The Metal text of an entry point as C++ for clang, with the types of standin.h. */
function asCpp(metal: string, threads: number): string {
  const body = metal
    .replace(/[^]*using namespace metal;/, '')
    .replace(/\b(device|constant|threadgroup) array</g, '$1 plain<')
    .replace(/plain<(?:array<)+/g, (found) => found.replaceAll('array<', 'plain<'))
    .replace(/\bvec<bool, /g, 'vec<int, ')
    .replace(/\bvec<(\w+), (\d)>\(/g, 'make_vec<$1, $2>(')
    .replace(/\b(float|half|int|uint|char|uchar|bool)([234])\(/g, 'make_vec<$1, $2>(')
    .replace(/(?<![\w.])(\d+\.\d*(?:e[-+]?\d+)?)(?![\w.])/g, '$1f')
    .replace(/(?<![\w.])(\d+(?:\.\d*)?(?:e[-+]?\d+)?)h\b/g, 'half($1)')
    .replace(/^(?!\[\[)(\w[\w<>, ]* )(function\d+\()/gm, 'INLINE $1$2')
    .replace(
      /^( +)threadgroup (.*?) (\w+) \{ \};/gm,
      '$1static __attribute__((loader_uninitialized)) threadgroup $2 $3;',
    )
    .replace(/\[\[kernel\]\] +void \w+\((.*)\)\n\{/g, (_, parameters: string) => kernel(parameters))
    .replace(/ \[\[id\(\d+\)\]\]/g, '');
  return `#define THREADS ${threads}u\n#include "${HEADER}"\n${body}`;
}

function kernel(parameters: string): string {
  const values = [...parameters.matchAll(/([\w<>, ]+?) (parameter\d+) \[\[(\w+)\]\]/g)].map(
    ([, type, name, input]) => `    ${type.replace(/^, /, '')} ${name} = ${INPUTS[input]};\n`,
  );
  const [arguments_] = /__ArgumentBufferT_\w+/.exec(parameters) ?? [''];
  return (
    `extern "C" __attribute__((amdgpu_kernel)) void entry(constant ${arguments_}* __arguments)\n{\n` +
    `    constant ${arguments_}& __ArgumentBuffer_0 = *__arguments;\n${values.join('')}`
  );
}

/** Compiles the Metal text of one entry point. Throws an Error with clang's first messages. */
export function compileStandIn(metal: string, threads: number): Compiled {
  const assembly = assemblyOf(metal, threads);
  const number = (name: string) => Number(new RegExp(`^; ${name}: (\\d+)`, 'm').exec(assembly)?.[1] ?? NaN);
  return {
    waits: [...assembly.matchAll(/^\ts_waitcnt .*vmcnt/gm)].length,
    loads: [...assembly.matchAll(/^\t(?:global|flat)_load/gm)].length,
    registers: number('NumVgprs'),
    scratchBytes: number('ScratchSize'),
    instructions: [...assembly.matchAll(/^\t[a-z]\w+ /gm)].length,
  };
}

function clang(words: string[], input: string): string {
  const options = { input, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { stdout, stderr, status, error } = spawnSync('clang++-19', [...FLAGS, ...words], options);
  if (error) throw new Error(`clang++-19 cannot be run: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(stderr.split('\n').slice(0, 6).join('\n'));
  return stdout;
}

/** The assembly of an entry point. */
function assemblyOf(metal: string, threads: number): string {
  const cpp = asCpp(metal, threads);
  // The number of threads decides how many registers each may have; C++ has no word for it, the intermediate text has.
  const early = ['-x', 'c++', '-std=c++20', '-ffast-math', '-Xclang', '-disable-llvm-passes', '-emit-llvm'];
  const unoptimised = clang([...early, '-'], cpp).replaceAll(
    '"target-cpu"=',
    `"amdgpu-flat-work-group-size"="${threads},${threads}" "amdgpu-num-vgpr"="${REGISTERS}" "target-cpu"=`,
  );
  return clang(['-x', 'ir', '-'], unoptimised);
}
