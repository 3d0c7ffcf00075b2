import { CompileError, type Diagnostic, InternalError, type Where } from '../ir/diagnostic.ts'
import type { Graph } from '../ir/graph.ts'
import { print } from '../ir/print.ts'
import { verify } from '../ir/verify.ts'

/** What the user may decide about the binarized layers. */
export interface PassOptions {
  /** Layers with binary input whose weights are not ±alpha per filter: see `choose-binary`. */
  readonly weights: 'xnor' | 'centered' | 'exact'
  /** A sign whose argument can be an exact 0: +1 with a warning, refused, or a third value. */
  readonly signZero: 'plus' | 'error' | 'exact'
  /** Layers to binarize although their input is no sign: all but the first and last, or by the names of their nodes. */
  readonly binarize: 'auto' | 'all' | readonly string[]
  /** For those layers: alpha alone, or alpha and the K map. */
  readonly scale: 'alpha' | 'alpha-k'
  /** Layers that read bytes: as the model has them, or with integer weights. */
  readonly firstLayer: 'float' | 'integer'
}

export const defaultPassOptions: PassOptions = {
  weights: 'xnor',
  signZero: 'plus',
  binarize: 'auto',
  scale: 'alpha-k',
  firstLayer: 'float',
}

/** Why a layer became bits or integers, or stayed float. */
export interface Decision {
  readonly origin: readonly string[]
  readonly kind: 'binary' | 'integer' | 'float'
  /** The rule that matched, or what is missing and what would help. */
  readonly reason: string
  /** Whether the layer is another function than the model's by choice: `--binarize`, weights that were changed or rounded. */
  readonly changed?: boolean
  /** Of integer weights: by how much a result can differ from that of the model's weights. */
  readonly error?: number
}

export interface PassContext {
  readonly options: PassOptions
  /** Counts rewrites; false once the limit is reached, which is how a bad rewrite is bisected. */
  readonly mayRewrite: (what: string) => boolean
  readonly warn: (diagnostic: Diagnostic) => void
  readonly decide: (decision: Decision) => void
  /** A place in the ONNX file from the origin of a value: the last name in it, or the last that is of this operator. */
  readonly whereOf: (origin: readonly string[], op?: string) => Where
}

/** Graph in, graph out. Returning the same object means nothing changed. */
export interface Pass {
  readonly name: string
  /** Rounds f32 values differently than the graph before it did; all other passes preserve every value exactly. */
  readonly rounds?: true
  run(graph: Graph, context: PassContext): Graph
}

export interface RunOptions extends Partial<PassOptions> {
  /** At most so many rewrites, over all passes. */
  readonly rewriteLimit?: number
  /** Sees the graph after every pass that changed it. */
  readonly observe?: (pass: string, graph: Graph, milliseconds: number) => void
  /** ONNX operators by node, for messages. */
  readonly operators?: ReadonlyMap<string, string>
}

export interface PassResult {
  readonly graph: Graph
  readonly warnings: readonly Diagnostic[]
  readonly decisions: readonly Decision[]
}

/** Passes that run in order; those of a repeated stage, over and over until none changes anything. */
export interface Stage {
  readonly name: string
  readonly passes: readonly Pass[]
  readonly repeat?: true
}

/** Runs the stages and verifies after every pass. Throws CompileError for the model's faults, InternalError for ours. */
export function runPasses(graph: Graph, stages: readonly Stage[], options: RunOptions = {}): PassResult {
  const { rewriteLimit = Number.POSITIVE_INFINITY, observe, operators = new Map(), ...chosen } = options
  const warnings: Diagnostic[] = []
  const decisions: Decision[] = []
  let rewrites = 0
  const context: PassContext = {
    options: { ...defaultPassOptions, ...chosen },
    mayRewrite: () => ++rewrites <= rewriteLimit,
    warn: diagnostic => warnings.push(diagnostic),
    decide: decision => decisions.push(decision),
    whereOf: (origin, op) => place(operators, origin, op),
  }
  let current = runPass({ name: 'import', run: same => same }, graph, context)
  for (const { passes, repeat } of stages) {
    let before: Graph
    do {
      before = current
      for (const pass of passes) {
        const start = performance.now()
        const next = runPass(pass, current, context)
        if (next !== current) observe?.(pass.name, next, performance.now() - start)
        current = next
      }
    } while (repeat && current !== before)
  }
  return { graph: current, warnings, decisions }
}

function place(operators: ReadonlyMap<string, string>, origin: readonly string[], op?: string): Where {
  const node = origin.findLast(name => op === undefined || operators.get(name) === op) ?? origin.at(-1) ?? '?'
  const found = operators.get(node)
  return found === undefined ? { node } : { node, op: found }
}

function runPass(pass: Pass, graph: Graph, context: PassContext): Graph {
  try {
    const next = pass.run(graph, context)
    verify(next, graph)
    return next
  } catch (error) {
    if (error instanceof CompileError) throw error
    throw new InternalError(pass.name, error, print(graph))
  }
}
