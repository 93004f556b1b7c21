import { renameSync, writeFileSync } from 'node:fs'
import { isThere, startPuppetMasters } from './puppet_masters'

/**
 * Starts masters, tells the file named as argument where they are, and stops them when it is told to end, or when the
 * process whose number is the second argument has ended: a run of tests that was killed leaves nothing behind.
 */
async function main(file: string, user: string | undefined): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    // Commands that run end this process at a signal that has no listener left.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
  const watch = setInterval(() => {
    if (user !== undefined && !isThere(user)) process.emit('SIGTERM')
  }, 2_000)
  const tell = (what: unknown) => {
    writeFileSync(`${file}.new`, JSON.stringify(what))
    renameSync(`${file}.new`, file)
  }
  const ending = new AbortController()
  void ended.then(() => ending.abort())
  try {
    const made = await startPuppetMasters(ending.signal)
    tell(made.place)
    await ended
    await made.stop()
  } catch (error) {
    if (ending.signal.aborted) return
    tell({ failed: error instanceof Error ? error.message : String(error) })
    process.exitCode = 1
  } finally {
    clearInterval(watch)
  }
}

const [, , file = '', user] = process.argv
void main(file, user)
