import type { Envelope } from '@cucumber/messages'
import { counted } from './counted'
import { countFindings } from './linting'
import { run } from '../../run/run'

/** Writes one line for a person about a run that only reads features. The plugin tells what is wrong, line by line. */
export const reading = {
  type: 'formatter' as const,
  formatter({
    on,
    write,
  }: {
    on: (event: 'message', handler: (envelope: Envelope) => void) => void
    write: (text: string) => void
  }) {
    const features = new Set<string>()
    let [scenarios, steps] = [0, 0]
    on('message', ({ pickle, testRunFinished }) => {
      if (pickle !== undefined) {
        features.add(pickle.uri)
        scenarios += 1
        steps += pickle.steps.length
      }
      if (testRunFinished === undefined) return
      const read = `${counted(features.size, 'feature')}, ${counted(scenarios, 'scenario')}, ${counted(steps, 'step')}`
      const found = run.findings.length === 0 ? '' : `; ${countFindings(run.findings)}`
      write(
        run.refused === undefined
          ? `READ  ${read}: every line is known; nothing was sent${found}\n`
          : `INVALID  ${run.refused.message}\n`,
      )
    })
  },
}
