import type { Envelope } from '@cucumber/messages'
import { formatCount } from './counted'
import { countFindings } from './linting'
import type { Run } from '../../run/run'

/** Writes one line for a person about a run that only reads features. The plugin tells what is wrong, line by line. */
export class ReadingScreen {
  private readonly features = new Set<string>()
  private scenarios = 0
  private steps = 0

  constructor(
    private readonly run: Run,
    private readonly write: (text: string) => void,
  ) {}

  hear({ pickle, testRunFinished }: Envelope): void {
    if (pickle !== undefined) {
      this.features.add(pickle.uri)
      this.scenarios += 1
      this.steps += pickle.steps.length
    }
    if (testRunFinished !== undefined) this.end()
  }

  private end(): void {
    const { findings } = this.run.features
    const read = `${formatCount(this.features.size, 'feature')}, ${formatCount(this.scenarios, 'scenario')}, ${formatCount(this.steps, 'step')}`
    const found = findings.length === 0 ? '' : `; ${countFindings(findings)}`
    const { refused } = this.run.state
    this.write(
      refused === undefined
        ? `READ  ${read}: every line is known; nothing was sent${found}\n`
        : `INVALID  ${refused.message}\n`,
    )
  }
}
