import { join } from 'node:path'
import { expect } from 'chai'
import { NO_VARIABLES } from '../config/environment'
import { readRunJournals } from '../run/journals'
import { MODES } from '../run/modes'
import { surroundingsOf } from '../run/parameters'
import { NOTHING_READ, Run } from '../run/run'
import { systemClock } from '../system/clock'
import { callsIn } from '../system/commands'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { Composition } from './composition'

/** Values of a run that break, once the journal has begun. */
const BROKEN = {
  isUsed: false,
  warnings: [],
  inUse: () => NO_VARIABLES,
  plainIn: () => new Map<string, string>(),
  fixedIn(): never {
    throw new TypeError('it is undefined')
  },
  fill: () => {},
}

describe('a run whose beginning breaks off with an error of the program', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('says its end in the journal all the same', async () => {
    const feature = scratch.write('web.feature', 'Feature: Web\n')
    const run = new Run(systemClock)
    const substitution = { of: BROKEN, parameters: {} }
    const scenarios = [{ uri: feature, scenarioId: '1', name: 'Web', steps: [], tags: [] }]
    run.beginReading({ ...NOTHING_READ, scenarios, substitution }, { ...callsIn(), args: [] })
    const context = surroundingsOf({ LOCKSTEP_STATE: scratch.path })
    const composition = await Composition.compose(run, MODES.embedded.parameters, context, scratch.path)
    expect(await reasonOf(composition.rolloutOf(feature))).to.equal('it is undefined')
    run.fail()
    await composition.end()
    await composition.letGo()
    const { journals } = readRunJournals(join(scratch.path, 'embedded'))
    const ends = journals.flatMap(({ entries }) => entries.filter(({ type }) => type === 'rollouts ended'))
    expect(ends).to.have.length(1)
    expect(ends[0]).to.include({ passed: false })
  })
})
