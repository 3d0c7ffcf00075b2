/**
 * `npm run mutants`: small faults in passes and analyses, one at a time; how many the tests see. A mutant is killed by the
 * samples of the passes, or by random networks that no longer compile, or compute something else after some pass. All
 * mutants are in one bundle, and a process for each turns one on.
 *   --count N --seed S   a sample of all places (100, 1)
 *   --networks N         random networks for each (150)
 *   --jobs N             processes at once (1)
 *   --out FILE           JSON lines, one for each mutant
 */
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleTests } from './bundle-tests.js'
import { embedTemplates } from './embed-templates.js'
import { HELPERS, sitesOf, withMutants } from './mutate.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const text = fallback => ({ type: 'string', default: fallback })
const { values } = parseArgs({
  options: {
    count: text('100'),
    seed: text('1'),
    networks: text('150'),
    jobs: text('1'),
    out: text('out/mutants.jsonl'),
  },
})

/** Milliseconds without an answer after which a mutant counts as endless. */
const LIMIT = 180_000
const FILES = [
  ...readdirSync(join(root, 'src/passes'), { recursive: true }).map(file => join('src/passes', file)),
  ...['expr-range', 'few-values', 'integer-sums', 'range', 'regroup', 'slope'].map(name => `src/ir/${name}.ts`),
].filter(file => file.endsWith('.ts'))

/** The first `count` in an order that the seed makes. */
function sampled(all, count, seed) {
  const keyed = all.map((site, k) => ({ site, key: createHash('sha256').update(`${seed} ${k}`).digest('hex') }))
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, count)
    .map(({ site }) => site)
}

embedTemplates()
const all = FILES.flatMap(file => sitesOf(join(root, file)))
const mutants = sampled(all, Number(values.count), Number(values.seed)).map((site, id) => ({ ...site, id }))
const switches = {
  name: 'mutants',
  enforce: 'pre',
  transform(code, path) {
    const here = mutants.filter(({ file }) => file === path)
    return here.length > 0 ? withMutants(code, here) : null
  },
}
const folder = await bundleTests({ worker: 'test/mutants/worker.ts' }, { plugins: [switches], banner: HELPERS })

/** What one process says of one mutant; of none (-1) the verdicts that it should have. */
const tried = (id, expected) =>
  new Promise(resolve => {
    const child = fork(join(folder, 'worker.mjs'), {
      env: { ...process.env, MUTANT: `${id}` },
      cwd: root,
      silent: true,
    })
    const done = answer => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      resolve(answer)
    }
    const timer = setTimeout(() => done({ killed: 'endless' }), LIMIT)
    child.on('message', done)
    child.on('exit', () => done({ killed: 'crash' }))
    child.send({ networks: Number(values.networks), expected })
  })

const { verdicts } = await tried(-1)
console.log(`${mutants.length} of ${all.length} places, seed ${values.seed}; ${verdicts.length} networks for each`)
mkdirSync(dirname(values.out), { recursive: true })
writeFileSync(values.out, '')
const counts = new Map()
let next = 0
async function work() {
  for (let mutant = mutants[next++]; mutant; mutant = mutants[next++]) {
    const { killed } = await tried(mutant.id, verdicts)
    counts.set(killed ?? 'survived', (counts.get(killed ?? 'survived') ?? 0) + 1)
    const place = `${relative(root, mutant.file)}:${mutant.line}`
    appendFileSync(values.out, `${JSON.stringify({ place, what: mutant.what, killed })}\n`)
    if (!killed) console.log(`survived: ${place}: ${mutant.what}`)
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work))
const dead = mutants.length - (counts.get('survived') ?? 0)
console.log(`${dead} of ${mutants.length} killed (${((100 * dead) / mutants.length).toFixed(1)} %)`)
console.log([...counts].map(([how, count]) => `${how} ${count}`).join(', '))
process.exit(0)
