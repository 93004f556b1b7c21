import { expect } from 'chai'
import fc from 'fast-check'
import { Scratch } from '../testing/scratch'
import { Sessions } from './sessions'

const TIMES = { sessionMs: 100_000_000, idleMs: 40_000_000 }

type Step =
  | { kind: 'begin'; by: number }
  | { kind: 'use' | 'end'; by: number; which: number }
  | { kind: 'wait'; ms: number }

describe('sessions', () => {
  it('are good from their login to their end, for each of two processes alike', () => {
    const process = fc.integer({ min: 0, max: 1 })
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ kind: fc.constant('begin' as const), by: process }),
      fc.record({ kind: fc.constantFrom('use' as const, 'end' as const), by: process, which: fc.nat(5) }),
      fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: 30_000 }).map((s) => s * 1_000),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const scratch = new Scratch()
        try {
          let time = 1_000_000
          const both = [0, 1].map(() => new Sessions(scratch.path, { now: () => time }, TIMES))
          /** What is known of each session: when it began, and when it was used last. */
          const known: { id: string; begun: number; seen: number; isEnded: boolean }[] = []
          for (const one of steps) {
            if (one.kind === 'wait') time += one.ms
            else if (one.kind === 'begin') {
              const session = both[one.by]?.begin({ person: 'anna', groups: null, stamp: 's' })
              known.push({ id: session?.id ?? '', begun: time, seen: time, isEnded: false })
            } else {
              const own = known[one.which]
              if (own === undefined) continue
              if (one.kind === 'end') {
                both[one.by]?.end(own.id)
                own.isEnded = true
                continue
              }
              const isOver = time - own.begun >= TIMES.sessionMs || time - own.seen >= TIMES.idleMs
              // A use is noted twice a minute; every wait here is longer than that, or of whole seconds within it.
              own.isEnded ||= isOver
              const found = both[one.by]?.find(own.id)
              expect(found !== undefined).to.equal(!own.isEnded)
              if (time - own.seen >= 30_000) own.seen = time
            }
          }
        } finally {
          scratch.remove()
        }
      }),
      { numRuns: 60 },
    )
  }).timeout(300_000)

  it('are no more than twenty of one person; the oldest ends', () => {
    const scratch = new Scratch()
    let time = 0
    const sessions = new Sessions(scratch.path, { now: () => (time += 1) }, TIMES)
    const ids = Array.from(
      { length: 22 },
      () => sessions.begin({ person: 'anna', groups: null, stamp: null }).id,
    )
    const other = sessions.begin({ person: 'bert', groups: null, stamp: null }).id
    expect(ids.map((id) => sessions.isGood(id))).to.deep.equal([
      false,
      false,
      ...ids.slice(2).map(() => true),
    ])
    expect(sessions.isGood(other)).to.equal(true)
    scratch.remove()
  })

  it('tell the groups of the last login, however its name was typed', () => {
    const scratch = new Scratch()
    let time = 100
    const sessions = new Sessions(scratch.path, { now: () => time }, TIMES)
    expect(sessions.groupsSince('Anna', 0)).to.equal(undefined)
    sessions.begin({ person: 'Anna', groups: ['admins'], stamp: null })
    time += 1
    sessions.begin({ person: 'anna', groups: [], stamp: null })
    sessions.begin({ person: 'bert', groups: ['admins'], stamp: null })
    expect(sessions.groupsSince('Anna', 50)).to.deep.equal([])
    expect(sessions.groupsSince('Anna', time)).to.equal(undefined)
    scratch.remove()
  })

  it('are none where the folder has something else', () => {
    const scratch = new Scratch()
    const sessions = new Sessions(scratch.path, { now: () => 0 }, TIMES)
    expect(sessions.find('x')).to.equal(undefined)
    expect(sessions.find('../x')).to.equal(undefined)
    const { id } = sessions.begin({ person: 'anna', groups: null, stamp: null })
    sessions.end(id)
    expect(sessions.takeForm(id, '/start', sessions.newForm(id, '/start'))).to.equal('the session is over')
    scratch.remove()
  })
})
