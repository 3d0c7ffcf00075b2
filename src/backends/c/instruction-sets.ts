import type { Isa } from '../backend.ts'

/** An instruction set of x86-64 that the generated C has functions for. */
export interface InstructionSet {
  readonly isa: Isa
  /** Its value of the enum, and the macro that declares a function for it. */
  readonly constant: string
  readonly target: string
  /** What compilers call its features. */
  readonly features: string
  /** Whether the machine has it. */
  readonly condition: string
}

const supports = (...features: readonly string[]): string =>
  features.map(feature => `__builtin_cpu_supports("${feature}")`).join(' && ')

/** The best first, as they are tried at run time. */
export const instructionSets: readonly InstructionSet[] = [
  {
    isa: 'avx512',
    constant: 'AVX512',
    target: 'TARGET_AVX512',
    features: 'avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,avx512vnni,avx2,fma,popcnt',
    condition: supports('avx512vpopcntdq', 'avx512vnni', 'avx512bw', 'avx512vl'),
  },
  {
    isa: 'avx2',
    constant: 'AVX2',
    target: 'TARGET_AVX2',
    features: 'avx2,fma,popcnt',
    condition: supports('avx2', 'fma'),
  },
  // The level x86-64-v2.
  {
    isa: 'sse4',
    constant: 'SSE4',
    target: 'TARGET_SSE4',
    features: 'sse4.2,popcnt',
    condition: supports('sse4.2', 'popcnt'),
  },
]

/** The types and intrinsics of vectors of 128 or 256 bits, for templates that two instruction sets share. */
export const shortVectors = {
  sse4: { target: 'TARGET_SSE4', vector: '__m128i', mm: '_mm', si: 'si128', lanes: 4 },
  avx2: { target: 'TARGET_AVX2', vector: '__m256i', mm: '_mm256', si: 'si256', lanes: 8 },
} as const
