import type { Isa } from '../../backend.ts'
import type { GeneratedFunction } from '../../module.ts'
import type { Block, ProductBlock, ReachBlock } from '../functions/blocks.ts'
import type { Architecture } from './architecture.ts'

/** A function for a block of pixels in the terms of one instruction set. */
export interface Variant {
  readonly fn: GeneratedFunction
  /** Only for blocks without missing filters; it has no parameter that says how many there are. */
  readonly whole?: true
}

/** Floats in a register, and what is done to them. */
export interface FloatVectors {
  readonly type: string
  /** Names of intrinsics: of a pointer, a number, and a pointer and a vector. */
  readonly load: string
  readonly splat: string
  readonly store: string
  readonly lanes: number
  /** Sums that are in work at a time: enough to hide latencies, few enough for the registers. */
  readonly totals: number
  readonly multiplyAdd: (x: string, weight: string, total: string) => string
}

/**
 * An instruction set that generated C has functions for. `undefined` instead of a variant: compilers do as well with the
 * portable code.
 */
export interface InstructionSet {
  readonly isa: Isa
  readonly architecture: Architecture | undefined
  /** What compilers call the features: what functions are compiled for, and what the machine is asked for. */
  readonly features: readonly string[]
  readonly floats: FloatVectors | undefined
  /** Whether tables of mismatches may be faster than counting bits. */
  readonly tables: boolean
  /** Sums of a convolution of floats or bits. */
  readonly sums: (block: Block) => Variant | undefined
  /** Sums of a convolution of bytes. */
  readonly products: (block: ProductBlock) => Variant | undefined
  /** Bits that say which sums reach their thresholds. */
  readonly reach: (block: ReachBlock) => Variant | undefined
  /** Whether the fine weights of a convolution of bytes matter. */
  readonly doubt: (block: ProductBlock) => Variant | undefined
}

/** Its value of the enum, and the macro that declares a function for it where a compiler can make one. */
export const constantOf = ({ isa }: Pick<InstructionSet, 'isa'>): string => isa.toUpperCase()
export const targetOf = (set: Pick<InstructionSet, 'isa'>): string => `TARGET_${constantOf(set)}`
