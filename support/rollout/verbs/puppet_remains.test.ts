import { expect } from 'chai'
import { digestOfManaged } from '../../system/managed_digest'
import { ALONE, FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import type { Answer, Request } from '../model/answers'
import { checkpointOf } from '../model/checkpoint'
import type { JournalEntry } from '../model/journal_entry'
import { hasPassed, type Verdict } from '../model/verdict'
import type { ManagedBefore } from '../ports'
import type { EndedRun } from './puppet_wait'

const RUN = 'lockstep-1'
const BEGAN_AT = Date.parse('2026-11-23T08:00:00.000Z')
const UNKNOWN: Answer = { kind: 'failed', message: "Unknown action 'managed' for agent 'puppet'", data: {} }
const SILENT: Answer = { kind: 'silent', waited: 2_000 }

/** A host by what its puppet manages, and what is on it. */
interface Host {
  manages?: readonly string[]
  /** What its answers say instead. */
  says?: Readonly<Record<string, unknown>>
  answers?: Answer
  has?: readonly string[]
}

const on = (
  hosts: Readonly<Record<string, Host>>,
  before: Readonly<Record<string, readonly string[]>> | string = {},
) => {
  const answer = (name: string, { action, inputs }: Request): Answer => {
    const { manages = [], says = {}, answers, has = [] } = hosts[name] ?? {}
    if (answers !== undefined) return answers
    if (action === 'remains') {
      const asked = String(inputs['resources']).split('\n')
      const looked = asked.map((resource) =>
        has.includes(resource)
          ? { resource, is: 'there', seen: 'is still there', names: [] }
          : { resource, is: 'gone', seen: 'is not there', names: [] },
      )
      return { kind: 'answered', data: { looked } }
    }
    const digest = digestOfManaged(manages)
    const told = {
      found: 'whole',
      of_last_run: true,
      run: RUN,
      began: new Date(BEGAN_AT).toISOString(),
      noop: false,
    }
    const list = inputs['list'] === true ? { resources: manages } : {}
    return { kind: 'answered', data: { ...told, config_version: '2', digest, ...list, ...says } }
  }
  const fleet = new FakeFleet(Object.keys(hosts), answer)
  const managedBy = (): ManagedBefore | { not: string } =>
    typeof before === 'string'
      ? { not: before }
      : { of: (host) => (before[host] === undefined ? undefined : new Set(before[host])) }
  const made = rolloutOn(fleet, { ports: { releases: { ...ALONE.releases, managedBy } } })
  const ended = Object.keys(hosts).map((host): EndedRun => ({
    host,
    run: RUN,
    report: { began: BEGAN_AT } as EndedRun['report'],
  }))
  const record = () => made.rollout.puppetRemains.record(ended, made.rollout.reach)
  return { ...made, fleet, record, remains: made.rollout.puppetRemains }
}
const seen = ({ observations }: Verdict) =>
  observations.map(({ host, passed, seen: what }) => `${host} ${passed} ${what}`)
const lists = (fleet: FakeFleet) => fleet.asked.filter(({ request }) => request.inputs['list'] === true)

describe('what a release managed before', () => {
  it('is asked of the hosts that had it, each for its own', async () => {
    const { record, remains } = on(
      {
        web1: { manages: ['Package[app]'], has: ['Package[oldapp]', 'Package[app]'] },
        web2: { manages: ['Package[app]'], has: ['Package[app]'] },
        web3: { manages: ['Package[app]', 'Package[oldapp]'], has: ['Package[oldapp]'] },
      },
      { web1: ['Package[app]', 'Package[oldapp]'], web2: ['Package[oldapp]'], web3: ['Package[oldapp]'] },
    )
    await record()
    expect(seen(await remains.shouldBeNone('1'))).to.deep.equal([
      'web1 false Package[oldapp] is still there',
      'web2 true 1 resource that release 1 managed is gone',
      'web3 true its puppet manages all that release 1 managed',
    ])
  })

  it('may remain where a line says so, which is in the journal', async () => {
    const { record, remains, journal } = on({ web1: { has: ['User[a]'] } }, { web1: ['User[a]'] })
    await record()
    expect(hasPassed(await remains.shouldBeNone('1', ['User[a]']))).to.equal(true)
    expect(journal).to.deep.include({ type: 'may remain', resources: ['User[a]'] })
  })

  for (const [what, host, before, said] of [
    ['the history does not know the release', {}, 'no run applied it', /is not known: no run applied it/],
    [
      'the history has no run of it on the host',
      {},
      {},
      /is not known: the history has no run of it on this host/,
    ],
    ['the agent is Ruby’s', { answers: UNKNOWN }, { web1: [] }, /has no action managed/],
    ['the host is silent', { answers: SILENT }, { web1: [] }, /no answer/],
    ['no catalog is kept', { says: { found: 'none' } }, { web1: [] }, /has kept no catalog/],
    [
      'the catalog is that of another run',
      { says: { run: 'other' } },
      { web1: [] },
      /the run of this rollout .* not known/,
    ],
    [
      'the last run was in noop',
      { says: { noop: true } },
      { web1: [] },
      /the run of this rollout .* not known/,
    ],
    ['the report is of another catalog', { says: { of_last_run: false } }, { web1: [] }, /not known/],
    ['the run began at another time', { says: { began: '2026-11-23T08:00:01Z' } }, { web1: [] }, /not known/],
    ['the set has another digest', { says: { digest: 'a'.repeat(64) } }, { web1: [] }, /was not told whole/],
    [
      'the host applies that release itself',
      { says: { config_version: '1 3f2a' } },
      { web1: [] },
      /name the release before/,
    ],
  ] as const)
    it(`never passes where ${what}`, async () => {
      const { record, remains } = on({ web1: host }, before)
      await record()
      const verdict = await remains.shouldBeNone('1')
      expect(hasPassed(verdict)).to.equal(false)
      expect(seen(verdict).join()).to.match(said)
    })

  it('never passes without an own run, or after a later one that manages something else', async () => {
    const host: Host = { manages: ['Package[app]'] }
    const { remains } = on({ web1: host }, { web1: [] })
    expect(seen(await remains.shouldBeNone('1'))).to.deep.equal([
      'web1 false this rollout has no run of puppet that ended on it',
    ])
    const hosts: Record<string, Host> = { web1: host }
    const again = on(hosts, { web1: [] })
    await again.record()
    hosts['web1'] = { manages: ['Package[other]'] }
    expect(seen(await again.remains.shouldBeNone('1')).join()).to.match(
      /a later run of puppet manages other resources/,
    )
  })

  it('is told once for hosts with the same set, and known to the run that goes on from there', async () => {
    const manages = ['Package[app]']
    const { record, fleet, journal } = on({ web1: { manages }, web2: { manages }, web3: { manages: [] } })
    await record()
    await record()
    expect(lists(fleet).map(({ hosts }) => hosts)).to.deep.equal([['web1', 'web3']])
    const entries: JournalEntry[] = [
      { type: 'run', feature: 'f', hash: 'h', mode: 'live', environment: 'e', pid: 1, order: 1 },
      { type: 'roll call', hosts: ['web1', 'web2', 'web3'] },
      ...(journal as JournalEntry[]),
    ]
    const { managed } = checkpointOf('r', entries) ?? { managed: new Map<string, string>() }
    expect(managed.get('web1')).to.equal(managed.get('web2'))
    expect(managed.size).to.equal(3)
  })

  it('is asked of another host where the first one of the same set says nothing', async () => {
    const hosts: Record<string, Host> = { web1: { manages: ['User[a]'] }, web2: { manages: ['User[a]'] } }
    const { remains, record, journal } = on(hosts, { web1: ['User[a]'], web2: ['User[a]'] })
    hosts['web1'] = { manages: ['User[a]'], says: { resources: ['User[b]'] } }
    await record()
    expect(journal.find(({ type }) => type === 'puppet managed')).to.deep.include({
      shares: [{ resources: ['User[a]'], hosts: ['web1', 'web2'] }],
    })
    expect(hasPassed(await remains.shouldBeNone('1'))).to.equal(true)
  })
})
