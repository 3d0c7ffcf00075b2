import type { Answer, Calls, Question } from './protocol.ts'

/** Why a model cannot be compiled, or what else went wrong, a line each. */
export class Refusal extends Error {
  readonly reasons: readonly string[]
  constructor(reasons: readonly string[]) {
    super(reasons.join('\n'))
    this.reasons = reasons
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Refusal) => void }>()
let last = 0

worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
  const { resolve, reject } = waiting.get(data.id)!
  waiting.delete(data.id)
  if ('value' in data) resolve(data.value as never)
  else reject(new Refusal(data.reasons))
})
worker.addEventListener('error', ({ message }) => {
  for (const { reject } of waiting.values()) reject(new Refusal([message || 'the compiler could not be loaded']))
  waiting.clear()
})

/** Asks the worker; calls are answered in order. */
export const ask = <K extends keyof Calls>(call: K, ...args: Parameters<Calls[K]>): ReturnType<Calls[K]> =>
  new Promise((resolve, reject) => {
    last++
    waiting.set(last, { resolve, reject })
    worker.postMessage({ id: last, call, args } satisfies Question)
  }) as ReturnType<Calls[K]>
