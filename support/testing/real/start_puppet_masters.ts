import { renameSync, writeFileSync } from 'node:fs'
import { startPuppetMasters } from './puppet_masters'

/** Starts masters, tells the file named as argument where they are, and stops them when it is told to end. */
async function main(file: string): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  const tell = (what: unknown) => {
    writeFileSync(`${file}.new`, JSON.stringify(what))
    renameSync(`${file}.new`, file)
  }
  try {
    const made = await Promise.race([startPuppetMasters(), ended])
    if (made === undefined) return process.exit(0)
    tell(made.place)
    const goOn = setInterval(() => {}, 60_000)
    await ended
    clearInterval(goOn)
    await made.stop()
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) })
    process.exitCode = 1
  }
}

const [, , file = ''] = process.argv
void main(file)
