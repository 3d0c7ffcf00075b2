import { Node, Project, SyntaxKind } from 'ts-morph'

/** Runs before everything in the bundle: `on(id)` tells whether a mutant is the one that is tried. */
export const HELPERS = `const __mutant = Number(process.env.MUTANT)
const __on = id => id === __mutant
const __swap = { '<': (a, b) => a <= b, '<=': (a, b) => a < b, '>': (a, b) => a >= b, '>=': (a, b) => a > b,
  '+': (a, b) => a - b, '-': (a, b) => a + b, '*': (a, b) => a / b, '/': (a, b) => a * b }
const __keep = { '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b }
const __binary = (id, operator, a, b) => (__on(id) ? __swap : __keep)[operator](a, b)
`
const SWAPPED = new Set(['<', '<=', '>', '>=', '+', '-', '*', '/'])
const METHODS = { some: 'every', every: 'some', min: 'max', max: 'min', floor: 'ceil', ceil: 'floor' }

const project = new Project({
  skipAddingFilesFromTsConfig: true,
  compilerOptions: { allowImportingTsExtensions: true },
})

/** Every place of a file where a small fault can be put. */
export function sitesOf(file) {
  const source = project.addSourceFileAtPath(file)
  const sites = source
    .getDescendants()
    .flatMap((node, index) =>
      mutationsOf(node).map((what, way) => ({ file, index, way, line: node.getStartLineNumber(), what })),
    )
  project.removeSourceFile(source)
  return sites
}

const short = node => node.getText().replace(/\s+/g, ' ').slice(0, 70)

function mutationsOf(node) {
  if (Node.isBinaryExpression(node)) {
    const operator = node.getOperatorToken().getText()
    if (SWAPPED.has(operator)) return [`'${operator}' becomes its neighbour in ${short(node)}`]
    if (operator === '===' || operator === '!==') return [`turned round: ${short(node)}`]
    if (operator === '&&' || operator === '||')
      return [`left side dropped: ${short(node)}`, `right side dropped: ${short(node)}`]
  }
  if (Node.isPrefixUnaryExpression(node) && node.getOperatorToken() === SyntaxKind.ExclamationToken)
    return [`not: ${short(node)}`]
  if (Node.isConditionalExpression(node)) return [`sides swapped: ${short(node)}`]
  if (Node.isPropertyAccessExpression(node) && node.getName() in METHODS && Node.isCallExpression(node.getParent()))
    return [`${node.getName()} becomes ${METHODS[node.getName()]} in ${short(node.getParent())}`]
  return []
}

/** The source with all these mutants in it, each behind its switch. Nested ones are wrapped in one another. */
export function withMutants(code, mutants) {
  const source = project.createSourceFile('mutated.ts', code, { overwrite: true })
  const nodes = source.getDescendants()
  const edits = []
  const wrap = (node, before, after, depth) => {
    edits.push({ at: node.getStart(), order: depth, text: before, end: node.getStart() })
    edits.push({ at: node.getEnd(), order: -depth - 1e6, text: after, end: node.getEnd() })
  }
  for (const { index, way, id } of mutants) edit(nodes[index], way, id, 2 * index, wrap, edits)
  edits.sort((a, b) => a.at - b.at || a.order - b.order)
  let [result, from] = ['', 0]
  for (const { at, text, end } of edits) {
    result += code.slice(from, at) + text
    from = Math.max(end, at)
  }
  return result + code.slice(from)
}

function edit(node, way, id, depth, wrap, edits) {
  const on = `__on(${id})`
  if (Node.isBinaryExpression(node)) {
    const [operator, left, right] = [node.getOperatorToken(), node.getLeft(), node.getRight()]
    const sign = operator.getText()
    if (SWAPPED.has(sign)) {
      wrap(node, `__binary(${id}, '${sign}', `, ')', depth)
      edits.push({ at: left.getEnd(), order: 0, text: ', ', end: right.getStart() })
    } else if (sign === '===' || sign === '!==') wrap(node, '((', `) !== ${on})`, depth)
    else if (sign === '&&') wrap(way === 0 ? left : right, `(${on} || (`, '))', depth + 1)
    else wrap(way === 0 ? left : right, `(!${on} && (`, '))', depth + 1)
  } else if (Node.isConditionalExpression(node)) wrap(node.getCondition(), `(!!(`, `) !== ${on})`, depth + 1)
  else if (Node.isPrefixUnaryExpression(node)) wrap(node, '((', `) !== ${on})`, depth)
  else {
    const name = node.getNameNode()
    const text = `[${on} ? '${METHODS[name.getText()]}' : '${name.getText()}']`
    // Behind `?.` the dot stays.
    edits.push({ at: name.getStart() - (node.hasQuestionDotToken() ? 0 : 1), order: 0, text, end: name.getEnd() })
  }
}
