/** A family of processors: how generated C finds out that it is compiled for one, and for what of it. */
export interface Architecture {
  /** As Node calls them. */
  readonly processors: readonly string[]
  /** Of the preprocessor. */
  readonly condition: string
  /** Where the intrinsics are declared. */
  readonly header: string
  /** What functions for these features are declared with. */
  readonly attributesOf: (features: readonly string[]) => string
  /** Whether the machine has a feature; there is nothing to ask where the compiler says so. */
  readonly has: (feature: string) => string
}

export const x86: Architecture = {
  processors: ['x64'],
  condition: 'defined(__x86_64__)',
  header: 'immintrin.h',
  attributesOf: features => `__attribute__((noinline, target("${features.join(',')}")))`,
  has: feature => `__builtin_cpu_supports("${feature}")`,
}

/** AArch64, and ARMv7 where the compiler is told of NEON. Lanes of big-endian machines lie the other way round. */
export const arm: Architecture = {
  processors: ['arm', 'arm64'],
  condition: 'defined(__ARM_NEON) && !defined(__ARM_BIG_ENDIAN)',
  header: 'arm_neon.h',
  attributesOf: features =>
    features.length === 0 ? '__attribute__((noinline))' : `__attribute__((noinline, target("+${features.join('+')}")))`,
  has: feature => `has_${feature}()`,
}

export const architectures: readonly Architecture[] = [x86, arm]
