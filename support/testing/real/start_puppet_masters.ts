import { renameSync, writeFileSync } from 'node:fs'
import { startPuppetMasters } from './puppet_masters'

/** Starts masters, tells the file named as argument where they are, and stops them when it is told to end. */
async function main(file: string): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    // Commands that run end this process at a signal that has no listener left.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
  const tell = (what: unknown) => {
    writeFileSync(`${file}.new`, JSON.stringify(what))
    renameSync(`${file}.new`, file)
  }
  const ending = new AbortController()
  void ended.then(() => ending.abort())
  try {
    const made = await startPuppetMasters(ending.signal)
    tell(made.place)
    const goOn = setInterval(() => {}, 60_000)
    await ended
    clearInterval(goOn)
    await made.stop()
  } catch (error) {
    if (ending.signal.aborted) return
    tell({ failed: error instanceof Error ? error.message : String(error) })
    process.exitCode = 1
  }
}

const [, , file = ''] = process.argv
void main(file)
