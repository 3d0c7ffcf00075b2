import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { fold } from '../../ir/fold.ts'
import { rebuild } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { allFinite } from '../../ir/tensor.ts'
import type { Pass, PassContext } from '../pass.ts'

/**
 * A node of constants is a constant: the interpreter computes it. No rewrite that could be wrong, and kernels need the
 * constants: so this is not counted, and goes on when the limit of rewrites is reached.
 */
export const foldConstants: Pass = {
  name: 'fold-constants',
  run: (graph, context) => rebuild(graph, node => finite(fold(node), node, context)),
}

/** Numbers that the model has in no constant of its own, but in one computed from them: 0 divided by 0, say. */
function finite(folded: Node, node: Node, { whereOf }: PassContext): Node {
  if (folded === node || folded.op !== 'constant' || folded.type.dtype !== 'f32') return folded
  if (allFinite(folded.attrs.value.values as Float32Array)) return folded
  throw new CompileError(diagnostics.notFinite(whereOf(node.origin)))
}
