import { expect } from 'chai'
import { sampleRun, type Sample } from '../testing/sample_run'
import { caveatsOf, headFactsOf, qualifiedTitle } from './about'

describe('what every report says first', () => {
  for (const [name, sample, title, caveat] of [
    ['a live rollout', {}, 'PASSED', undefined],
    ['a failed one', { diverged: [1] }, 'FAILED', undefined],
    ['the embedded fleet', { mode: 'embedded' }, 'PASSED (embedded fleet)', 'no real host was spoken to'],
    ['safe mode', { mode: 'noop' }, 'PASSED (safe mode)', 'nothing was changed'],
    ['a plan', { mode: 'plan' }, 'PLANNED', 'nothing was changed'],
    ['a rehearsal', { mode: 'rehearse' }, 'REHEARSED', 'no host was spoken to'],
    ['a look for drift', { mode: 'drift' }, 'PASSED (drift)', 'nothing was changed'],
    ['a limited run', { limit: 2 }, 'PASSED (2 of 8 hosts)', 'limited to 2 of 8 hosts: web[1-2].example.net'],
    ['a limited plan', { limit: 2, mode: 'plan' }, 'PLANNED (2 of 8 hosts)', 'limited to 2 of 8 hosts'],
    [
      'a limited run in safe mode',
      { limit: 2, mode: 'noop' },
      'PASSED (safe mode, 2 of 8 hosts)',
      'limited to 2 of 8 hosts',
    ],
    [
      'a limited run that was killed before its roll call',
      { limit: 2, killedAt: 0 },
      'INTERRUPTED (limited)',
      'limited to web[1-2].example.net',
    ],
    [
      'hosts that were allowed to fail',
      { diverged: [1], tolerated: true },
      'PASSED WITH FAILURES',
      undefined,
    ],
    ['a run that was killed', { killedAt: 6 }, 'INTERRUPTED', undefined],
  ] as const satisfies readonly (readonly [string, Partial<Sample>, string, string | undefined])[])
    it(`tells ${name} from all others`, async () => {
      const run = await sampleRun({ hosts: 8, ...sample })
      expect(qualifiedTitle(run)).to.equal(title)
      const said = caveatsOf(run).join(' ')
      if (caveat === undefined) expect(said).to.equal('')
      else expect(said).to.contain(caveat)
    })

  it('says of a run that was killed how long it is known of, and not how long it took', async () => {
    const facts = new Map(
      headFactsOf(await sampleRun({ hosts: 8, killedAt: 6 })).map(({ name, text }) => [name, text]),
    )
    expect(facts.get('took')).to.match(/^at least /)
    expect([...facts.keys()])
      .to.include('last known')
      .and.not.include('ended')
  })
})
