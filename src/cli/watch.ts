import { stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** Between looks at the files. A file that is as it was at the last look is not being written any more. */
const MILLISECONDS = 200

type States = ReadonlyMap<string, string>

/**
 * Runs, and again whenever one of the files changes that the last run read; `path` is the first of them. Ends where `signal`
 * aborts. Files are looked at, because not all file systems tell of changes, and exporters replace a file by another.
 */
export async function watch(path: string, run: () => Promise<readonly string[]>, signal?: AbortSignal): Promise<void> {
  let files: readonly string[] = [path]
  while (!signal?.aborted) {
    const before = await statesOf(files)
    files = await run()
    // What has changed while it ran counts, too.
    await untilChanged(files, new Map([...(await statesOf(files)), ...before]), signal)
  }
}

async function untilChanged(files: readonly string[], known: States, signal?: AbortSignal): Promise<void> {
  let last = await statesOf(files)
  while (!signal?.aborted) {
    await wait(MILLISECONDS)
    const now = await statesOf(files)
    if (differ(now, known) && !differ(now, last)) return
    last = now
  }
}

const differ = (a: States, b: States): boolean => [...a].some(([file, state]) => b.get(file) !== state)

async function statesOf(files: readonly string[]): Promise<States> {
  const states = files.map(async (file): Promise<[string, string]> => {
    const found = await stat(file).catch(() => undefined)
    return [file, found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'missing']
  })
  return new Map(await Promise.all(states))
}
