import { expect } from 'chai'
import fc from 'fast-check'
import { recoveriesOf, recoveryFeatureOf } from '../reporting/recovery'
import { REPORTS_OF } from '../reporting/reports'
import type { Rollout } from '../rollout/rollout'
import { titleOf } from '../run/outcome'
import type { LeftHosts, PlacedHost } from '../run/run_parts'
import { stateOf, type RunState } from '../run/run_state'
import { carriedOut, eventsOf, FEATURE, randomRun } from '../testing/random_run'

const reports = (state: RunState) =>
  Object.entries(REPORTS_OF).map(([name, piecesOf]) => `${name}\n${[...piecesOf(state)].join('')}`)

describe('the reports of a run', () => {
  it('are the same, byte for byte, from its journal as they were at its end @long', async () => {
    await fc.assert(
      fc.asyncProperty(randomRun, async (given) => {
        const { run, lines, recovery } = await carriedOut(given)
        const events = eventsOf(lines)
        const again = stateOf(events)
        expect(again.exitCode).to.equal(run.exitCode)
        expect(reports(again)).to.deep.equal(reports(run.state))
        expect(again.recoveries.map((each) => recoveryFeatureOf(again, each))).to.deep.equal(
          recovery === undefined ? [] : [recovery],
        )
      }),
      { numRuns: 150 },
    )
  })

  it('say of hosts what their rollout knows of them', async () => {
    await fc.assert(
      fc.asyncProperty(randomRun, async (given) => {
        const { run, rollout } = await carriedOut(given)
        const { state } = run
        expect([...state.out]).to.deep.equal([...rollout.budget.out])
        expect(state.restored).to.deep.equal(rollout.restored)
        expect(state.outOfRotation).to.have.deep.members(rollout.ledger.all)
        expect([...state.notAttempted].sort()).to.deep.equal([...rollout.notAttempted].sort())
        expect(state.hostsOf(FEATURE)).to.deep.equal(placed(rollout))
        expect(state.leftOf(FEATURE)).to.deep.equal(leftOf(state, rollout))
      }),
      { numRuns: 150 },
    )
  })

  it('of a journal that stops at any entry say so, and never that the run passed', async () => {
    await fc.assert(
      fc.asyncProperty(randomRun, fc.nat(), async (given, at) => {
        const { lines } = await carriedOut(given)
        const events = eventsOf(lines.slice(0, at % lines.length))
        const state = stateOf(events)
        expect([0, 5]).not.to.include(state.exitCode)
        expect(titleOf(state.exitCode, state.mode)).not.to.contain('PASSED')
        const [page = '', junit = '', json = ''] = reports(state)
        expect(page).to.contain('the run did not end').and.not.to.contain('<h1>PASSED')
        expect(junit).to.match(/<(?:failure|error) /)
        const recoveries = recoveriesOf(state, 'reports').map((each) => recoveryFeatureOf(state, each))
        for (const text of recoveries)
          expect(text).to.match(/^# What run \S+ of random.feature did not bring/)
        expect(recoveries.length).to.equal(state.leftOf(FEATURE) === undefined ? 0 : 1)
        expect((JSON.parse(json.slice('run.json\n'.length)) as { exitCode: number }).exitCode).not.to.equal(0)
      }),
      { numRuns: 150 },
    )
  })
})

/** Returns the hosts that are not done, as the rollout itself has them. */
function leftOf(state: RunState, rollout: Rollout): LeftHosts | undefined {
  const { halted, waves, hasChangedHosts } = rollout
  const passed = state.hasPassed(FEATURE) && halted === undefined && waves.unfinished.length === 0
  const remaining = rollout.remaining(passed)
  return hasChangedHosts && remaining.hosts.length > 0 ? { passed, ...remaining } : undefined
}

/** Returns the hosts of a rollout in the order of their waves, as the rollout itself has them. */
function placed({ waves: { taken, toCome, left }, hosts }: Rollout): PlacedHost[] {
  if (taken.length === 0) return (hosts.known ?? []).map((host) => ({ host, wave: undefined }))
  const inWaves = [...taken, ...toCome].flatMap(({ name, hosts: own }, index) =>
    own.map((host) => ({ host, wave: `${index + 1}: ${name}` })),
  )
  const known = new Set(inWaves.map(({ host }) => host))
  return [...inWaves, ...left.filter((host) => !known.has(host)).map((host) => ({ host, wave: undefined }))]
}
