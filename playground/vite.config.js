import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const here = path => new URL(path, import.meta.url)
/** What the page opens with; the other examples are kept when they were fetched once. */
const FIRST = 'lenet5'
const MODELS = ['lenet5-mnist/lenet5', 'nin-cifar10/nin', 'textcnn-imdb/textcnn']

/** Scripts of this host only, and WASM; nothing from elsewhere, no text that becomes code. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** The networks of the examples, compressed, below models/. */
function models() {
  const files = new Map(
    MODELS.map(path => [
      `models/${path.replace(/.*\//, '')}.binary.onnx.gz`,
      () => gzipSync(readFileSync(here(`../examples/${path}.binary.onnx`))),
    ]),
  )
  files.set('models/vocabulary.txt', () => readFileSync(here('../examples/textcnn-imdb/vocabulary.txt')))
  return {
    name: 'models',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const make = files.get(request.url.slice(1))
        if (make) response.end(make())
        else next()
      })
    },
    generateBundle() {
      for (const [fileName, make] of files) this.emitFile({ type: 'asset', fileName, source: make() })
    },
  }
}

/** The report's style is the playground's. */
const style = {
  name: 'style',
  transform: (code, id) =>
    id.endsWith('/playground/style.css')
      ? readFileSync(here('../templates/report/style.css.hbs'), 'utf8') + code
      : undefined,
}

/** The policy, and the worker that keeps the page for when there is no network. */
const offline = {
  name: 'offline',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
  ],
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const isNeeded = name => !/ort[.-]/.test(name) && (!name.startsWith('models/') || name.includes(FIRST))
      const files = ['./', 'icon.svg', ...Object.keys(bundle).filter(name => isNeeded(name) && name !== 'index.html')]
      const hash = createHash('sha256')
      for (const { code, source = code } of Object.values(bundle)) hash.update(source)
      const head = `const FILES = ${JSON.stringify(files)}\nconst VERSION = '${hash.digest('hex').slice(0, 16)}'\n`
      const source = head + readFileSync(here('service-worker.js'), 'utf8')
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source })
    },
  },
}

export default {
  root: import.meta.dirname,
  base: './',
  plugins: [style, models(), offline],
  build: {
    target: 'es2022',
    outDir: '../out/playground',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  worker: { format: 'es' },
}
