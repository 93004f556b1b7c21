import { expect } from 'chai'
import { partsOf } from '../history/parts'
import { historyEntryOf } from '../history/history_record'
import type { Answer, Request } from '../rollout/model/answers'
import { Ledger } from '../rollout/model/ledger'
import type { Rollout } from '../rollout/rollout'
import { isOfRollout, type RecordedEvent } from '../run/events'
import { entryFault } from '../run/journal_entries'
import { stateOf } from '../run/run_state'
import { BEGAN, FakeFleet, rolloutOn } from '../testing/fake_fleet'
import { begunRun } from '../testing/told_run'
import { FeatureJournals } from './feature_journals'

const [WEB, DB] = ['web.feature', 'db.feature']

describe('the journal of a run of two features', () => {
  it('says of each what was seen of its hosts at the end, whichever began last', async () => {
    const { begin, events } = twoFeatures()
    const late = { isHeard: false }
    const web = await begin(WEB, 'web1', ({ action }) =>
      action === 'status' && !late.isHeard ? { kind: 'silent', waited: 1 } : ok({ ensure: '2.0' }),
    )
    await web.packages.update('site')
    await begin(DB, 'db1', () => ok({}))
    late.isHeard = true
    await web.packages.seeWhatBecame()
    const [ofWeb = [], ofDb = []] = partsOf(events().filter((event) => isOfRollout(event)))
    expect(became(ofWeb)).to.deep.equal(['web1'])
    expect(became(ofDb)).to.deep.equal([])
  })

  it('counts hosts that are seen free for the feature that took them out', async () => {
    const { begin, events, ledger } = twoFeatures()
    const blocked = new Set<string>()
    const web = await begin(WEB, 'web1', ({ action }) => {
      if (action === 'block') blocked.add('web1')
      return ok({ blocked: blocked.has('web1') })
    })
    web.traffic.throughBalancerAt('1.2.3.4')
    await web.traffic.block()
    await begin(DB, 'db1', () => ok({}))
    for (const { obligation, hosts } of ledger.own) await ledger.close(obligation.name, hosts)
    const [ofWeb = [], ofDb = []] = partsOf(events().filter((event) => isOfRollout(event)))
    expect(ofWeb.filter(({ type }) => type === 'closed')).to.have.length(1)
    expect(ofDb.some(({ type }) => type === 'closed')).to.equal(false)
    expect(historyEntryOf('r', ofDb)?.hosts).to.deep.equal(['db1'])
  })

  it('tells the state of a run of each feature what is its own', async () => {
    const { begin, events, journals } = twoFeatures()
    await begin(WEB, 'web1', () => ok({}))
    await begin(DB, 'db1', () => ok({}))
    await journals.of(WEB).append({ type: 'restoring', package: 'site', hosts: ['web1'] })
    await journals.of(DB).append({ type: 'out', hosts: ['db1'] })
    for (const event of events()) expect(entryFault({ ...event }), event.type).to.equal(undefined)
    const state = stateOf(events())
    expect(state.restored).to.deep.equal(['web1'])
    expect([...state.out.keys()]).to.deep.equal(['db1'])
    expect(state.hostsOf(WEB).map(({ host }) => host)).to.deep.equal(['web1'])
  })
})

function twoFeatures() {
  const run = begunRun([], 'live')
  const lines: string[] = []
  const put = (entry: object) => void lines.push(JSON.stringify(entry))
  run.stream.openInto({ put, settle: async () => {}, settleNow: () => {} })
  const journals = new FeatureJournals(run.stream)
  const ledger = new Ledger(journals.ofLedger, [])
  const begin = async (
    feature: string,
    host: string,
    answer: (request: Request) => Answer,
  ): Promise<Rollout> => {
    journals.goOn(feature)
    const journal = journals.of(feature)
    await journal.append({ ...BEGAN, feature })
    const ports = { journal, ledger, audience: run }
    const { rollout } = rolloutOn(new FakeFleet([host], (_, request) => answer(request)), { ports })
    await rollout.hosts.discover()
    return rollout
  }
  return { begin, journals, ledger, events: () => lines.map((line) => JSON.parse(line) as RecordedEvent) }
}

function became(entries: readonly { type: string }[]): string[] {
  return entries.flatMap((entry) => {
    const { versions = {} } = entry as { versions?: Record<string, readonly string[]> }
    return entry.type === 'became' ? Object.values(versions).flat() : []
  })
}

function ok(data: Record<string, unknown>): Answer {
  return { kind: 'answered', data }
}
