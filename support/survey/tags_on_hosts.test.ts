import { expect } from 'chai'
import type { Environment } from '../config/environment'
import { startEmbedded, type Surrounded } from '../simulation/embedded'
import { parseFault } from '../simulation/faults'
import { pretendCommit } from '../simulation/pretend_git'
import { systemClock } from '../system/clock'
import { tellNobody } from '../system/wait'
import { Scratch } from '../testing/scratch'
import { NOTHING_ASKED } from './find_hosts'
import { formatTags, judgeTags, tagsDocument } from './format_tags'
import { tagsOnHosts } from './tags_on_hosts'

const OF_A_PROCESS = { env: {}, hostname: 'control', uid: 0 }

describe('the tags that hosts have', () => {
  let scratch: Scratch
  let surrounded: Surrounded

  const start = async (faults: Readonly<Record<string, string>> = {}) => {
    const host = (identity: string, classes: string[], serves?: Record<string, string>) => ({
      identity,
      classes,
      facts: {},
      packages: {},
      services: {},
      checks: {},
      without: [],
      serves,
      fault: parseFault(faults[identity] ?? ''),
    })
    const website = ['roles::website']
    const hosts = [
      host('web1', website, { website: 'v1' }),
      host('web2', website, { website: 'v1' }),
      host('web3', website, { shop: 'v1' }),
      host('db1', ['roles::db'], { website: 'v1' }),
    ]
    const fleet = { name: 'test', repository: {}, git: { website: ['v1'], shop: [] }, hosts, backends: {} }
    surrounded = await startEmbedded(fleet, OF_A_PROCESS)
  }
  beforeEach(() => {
    scratch = new Scratch()
  })
  afterEach(async () => {
    await surrounded.embedded?.stop()
    scratch.remove()
  })

  const expecting = (...names: string[]): Partial<Environment> => {
    const rows = names.map((name) => `${name},roles::website\n`).join('')
    const path = scratch.write('hosts.csv', `host,role\n${rows}`)
    return { inventory: [{ kind: 'csv', path, delimiter: 'comma' }] }
  }
  const ask = (more: Partial<Environment> = {}, tag?: string) =>
    tagsOnHosts(
      { ...surrounded.environment, ...more },
      { ...NOTHING_ASKED, classes: ['roles::website'] },
      { repository: 'website', tag },
      {
        clock: systemClock,
        signal: new AbortController().signal,
        tellWait: tellNobody,
        askAgainWithin: 300,
      },
    )

  it('are counted on those that tell them, and no other', async () => {
    await start()
    const found = await ask()
    expect(found).to.deep.include({ hosts: ['web1', 'web2', 'web3'], isExpected: false, strangers: [] })
    expect(found.tags).to.deep.equal([
      {
        tag: 'v1',
        commits: [{ commit: pretendCommit('website', 'v1'), hosts: ['web1', 'web2'] }],
        lack: [],
        notTold: [],
      },
    ])
    expect([...found.unknown]).to.deep.equal([
      ['web3', 'No repository website is configured on this host (configured: shop)'],
    ])
    expect(judgeTags(found)).to.equal(1)
    expect(formatTags(found)).to.match(/^v1 {2}on 2 of 3 hosts; at [0-9a-f]{12}$/m)
    expect(tagsDocument(found)).to.deep.include({ exitCode: 1, expected: false, count: 1 })
  })

  it('are not known of a host that is silent, whose answer cannot be believed, or that is not expected', async () => {
    await start({ web1: 'silent', web2: 'wrong secret' })
    const found = await ask(expecting('web1', 'web2', 'web9'), 'v1')
    expect(found).to.deep.include({ hosts: ['web1', 'web2', 'web9'], isExpected: true, strangers: ['web3'] })
    expect([...found.unknown.keys()]).to.deep.equal(['web1', 'web2', 'web9'])
    expect(found.tags).to.deep.equal([{ tag: 'v1', commits: [], lack: [], notTold: [] }])
    expect(formatTags(found)).to.contain('on 0 of 3 hosts').and.contain('not known  web9: no answer')
  })

  it('are asked for one by one too, and nothing is fetched', async () => {
    await start()
    const found = await ask(expecting('web1', 'web2'), 'v9')
    expect(found.tags).to.deep.equal([{ tag: 'v9', commits: [], lack: ['web1', 'web2'], notTold: [] }])
    expect(judgeTags(found)).to.equal(0)
    for (const { performed } of surrounded.embedded?.fleet.hosts ?? [])
      expect(performed.get('git fetch') ?? 0).to.equal(0)
  })
})
