import { showType } from '../src/ir/tensor.ts'
import { html } from '../src/report/page/html.ts'
import type { PortSummary } from '../src/summary.ts'
import { version } from '../src/version.ts'
import { showActivations, showHeard } from './activations.ts'
import { showCommands } from './command.ts'
import { ask, Refusal } from './compiler.ts'
import { element, find } from './dom.ts'
import { type Example, examples, kindOf, pictureShape, type Scale, scales } from './examples.ts'
import { fetchModel, fetchText } from './fetch.ts'
import { showFiles } from './files.ts'
import { digitPanel } from './inputs/digit.ts'
import type { InputPanel, OnInput } from './inputs/input.ts'
import { numbersPanel } from './inputs/numbers.ts'
import { picturePanel } from './inputs/picture.ts'
import { reviewPanel, VOCABULARY } from './inputs/review.ts'
import { showLayers } from './layers.ts'
import type { Choices, Compiled, Feeds } from './protocol.ts'
import { prepareRace } from './race-view.ts'
import { showOutputs, showRunTime } from './results.ts'

interface Model {
  readonly bytes: Uint8Array
  readonly file: string
  readonly name: string
  readonly example?: Example
}

let model: Model | undefined
let panel: InputPanel | undefined
/** Rises with every compilation: what an older one still says is not shown. */
let generation = 0

const say = (text: string): void => {
  find('#status').textContent = text
}

const choices = (): Choices =>
  Object.fromEntries(
    [...document.querySelectorAll<HTMLSelectElement>('#options select')].map(({ name, value }) => [name, value]),
  )

async function open(wanted: Model): Promise<void> {
  model = wanted
  const mine = ++generation
  find('#problem').replaceChildren()
  say(`Compiling ${wanted.file} …`)
  try {
    const compiled = await ask('compile', wanted.bytes, wanted.name, choices())
    if (mine !== generation) return
    say('')
    await show(wanted, compiled, mine)
  } catch (error) {
    if (mine === generation) refuse(wanted.file, error)
  }
}

function refuse(file: string, error: unknown): void {
  say('')
  find('#result').hidden = true
  const reasons = error instanceof Refusal ? error.reasons : [(error as Error).message]
  find('#problem').replaceChildren(
    element`<div class="notice"><p><b>${file} cannot be compiled</b></p><ul>${reasons.map(reason => html`<li>${reason}</li>`)}</ul></div>`,
  )
}

async function show(wanted: Model, compiled: Compiled, mine: number): Promise<void> {
  const { summary } = compiled
  const ports = (list: readonly PortSummary[]) => list.map(port => `${port.name} ${showType(port)}`).join(', ')
  find('#name').textContent = wanted.example?.title ?? summary.name
  find('#ports').textContent = `${wanted.file}: ${ports(summary.inputs)} → ${ports(summary.outputs)}`
  find('#result').hidden = false
  showLayers(compiled)
  showCommands(wanted.file, summary, compiled.commandLine)
  prepareRace()
  await showInput(wanted, compiled)
  if (mine === generation) showFiles(summary.name)
}

async function showInput({ example }: Model, compiled: Compiled): Promise<void> {
  const { inputs } = compiled.summary
  const kind = example?.kind ?? kindOf(inputs)
  const [port] = inputs as [PortSummary]
  const words = kind === 'review' ? (await fetchText(VOCABULARY)).trimEnd().split('\n') : undefined
  const onInput = runner(compiled, example?.labels ?? [], words)
  const make = (scale: Scale): void => {
    panel =
      kind === 'digit'
        ? digitPanel(port, scale, onInput)
        : kind === 'picture'
          ? picturePanel(port, scale, onInput)
          : words
            ? reviewPanel(port, words, onInput)
            : numbersPanel(onInput)
    find('#input').replaceChildren(panel.element)
    panel.start()
  }
  const isOpen = !example && port && pictureShape(port) !== undefined && port.dtype === 'f32' && kind !== 'numbers'
  find('.scale-choice').hidden = !isOpen
  const select = find<HTMLSelectElement>('#scale')
  select.replaceChildren(...Object.keys(scales).map(name => new Option(name)))
  select.onchange = () => make(scales[select.value]!)
  make(example?.scale ?? Object.values(scales)[0]!)
}

/** Runs what comes last, looks inside when nothing newer is there, and measures when all is quiet. */
function runner(compiled: Compiled, labels: readonly string[], words: readonly string[] | undefined): OnInput {
  const mine = generation
  let next: Feeds | undefined
  let isBusy = false
  let quiet: ReturnType<typeof setTimeout> | undefined
  const isStale = (): boolean => mine !== generation
  return async feeds => {
    next = feeds
    if (isBusy) return
    isBusy = true
    clearTimeout(quiet)
    while (next && !isStale()) {
      const current: Feeds = next
      next = undefined
      const outputs = await ask('run', current)
      if (isStale()) return
      showOutputs(find('#outputs'), outputs, labels)
      const { seen, heard } = await ask('look')
      if (isStale()) return
      showActivations(find('#maps'), compiled.stages, seen)
      showHeard(find('#heard'), heard, words)
    }
    isBusy = false
    quiet = setTimeout(async () => {
      const time = await ask('time')
      if (!isStale()) showRunTime(time)
    }, 250)
  }
}

async function openExample(example: Example): Promise<void> {
  history.replaceState(null, '', `#${example.id}`)
  mark(example.id)
  say(`Fetching ${example.file} …`)
  try {
    await open({
      bytes: await fetchModel(`models/${example.file}.gz`),
      file: example.file,
      name: example.name,
      example,
    })
  } catch (error) {
    refuse(example.file, error)
  }
}

async function openFile(file: File): Promise<void> {
  if (file.type.startsWith('image/')) {
    panel?.element.dispatchEvent(new CustomEvent('picture', { detail: file }))
    return
  }
  mark('')
  await open({
    bytes: new Uint8Array(await file.arrayBuffer()),
    file: file.name,
    name: file.name.replace(/\.onnx$/i, ''),
  })
}

const mark = (id: string): void => {
  for (const button of document.querySelectorAll<HTMLElement>('.examples button'))
    button.setAttribute('aria-pressed', String(button.dataset.id === id))
}

for (const example of examples) {
  const { id, title, about } = example
  const button = element`<button type="button" data-id="${id}" aria-pressed="false"><b>${title}</b><span>${about}</span></button>`
  button.addEventListener('click', () => openExample(example))
  find('.examples').append(button)
}
find('#version').textContent = version
find<HTMLInputElement>('#file').addEventListener('change', event => {
  const [file] = (event.target as HTMLInputElement).files ?? []
  if (file) openFile(file)
})
for (const select of document.querySelectorAll('#options select'))
  select.addEventListener('change', () => model && open(model))
document.addEventListener('dragover', event => {
  event.preventDefault()
  document.body.classList.add('over')
})
document.addEventListener('dragleave', event => {
  if (event.relatedTarget === null) document.body.classList.remove('over')
})
document.addEventListener('drop', event => {
  event.preventDefault()
  document.body.classList.remove('over')
  const [file] = event.dataTransfer?.files ?? []
  if (file) openFile(file)
})
document.addEventListener('paste', event => {
  const [file] = event.clipboardData?.files ?? []
  if (file) openFile(file)
})

openExample(examples.find(({ id }) => `#${id}` === location.hash) ?? examples[0]!)
if (import.meta.env.PROD) navigator.serviceWorker?.register('./service-worker.js')
