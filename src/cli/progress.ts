/** What a command is doing, how far it is and how long it will take; on a terminal only, in one line that it clears. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr) {
  let [current, start, shown] = ['', 0, 0]
  return {
    show: (what: string, done: number, total: number): void => {
      if (!stream.isTTY) return
      const now = performance.now()
      if (what !== current) [current, start, shown] = [what, now, 0]
      if (done < total && now - shown < 100) return
      shown = now
      const left = done > 0 ? (((now - start) / done) * (total - done)) / 1000 : 0
      stream.write(`\r\x1b[K${what}: ${done} of ${total}${left >= 1 ? `, ${Math.ceil(left)} s left` : ''}`)
    },
    end: (): void => {
      if (stream.isTTY) stream.write('\r\x1b[K')
    },
  }
}
