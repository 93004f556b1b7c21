import { expect } from 'chai'
import { startEmbedded, type Surrounded } from '../simulation/embedded'
import { parseFault } from '../simulation/faults'
import { systemClock } from '../system/clock'
import { tellNobody } from '../system/wait'
import { puppetRunOf } from '../system/puppet_run'
import { remainsOnHosts } from './remains_on_hosts'
import { withFleet } from './with_fleet'

const OF_A_PROCESS = { env: {}, hostname: 'control', uid: 0 }

describe('what puppet managed before, and hosts still have', () => {
  let surrounded: Surrounded
  afterEach(async () => surrounded.embedded?.stop())

  const start = async (faults: Readonly<Record<string, string>>) => {
    const hosts = ['web1', 'web2', 'web3'].map((identity) => ({
      identity,
      classes: [],
      facts: {},
      packages: {},
      services: {},
      checks: {},
      without: [],
      fault: parseFault(faults[identity] ?? ''),
    }))
    surrounded = await startEmbedded(
      { name: 'test', repository: {}, git: {}, hosts, backends: {} },
      OF_A_PROCESS,
    )
  }
  const options = { clock: systemClock, signal: new AbortController().signal, tellWait: tellNobody }
  const runPuppet = () =>
    withFleet(surrounded.environment, options, async ({ client }) => {
      const call = (action: string, inputs: Record<string, boolean>) =>
        client.call({
          agent: 'puppet',
          action,
          inputs,
          hosts: ['web1', 'web2', 'web3'],
          within: 5_000,
          signal: options.signal,
        })
      const { requestId } = await call('runonce', { force: true })
      for (;;) {
        const { outcomes } = await call('report', {})
        const isOver = [...outcomes.values()].every(
          (each) => each.kind !== 'answered' || each.data['run'] === puppetRunOf(requestId),
        )
        if (isOver) return
      }
    })
  const look = (mayRemain: readonly string[] = [], ...more: readonly string[]) =>
    remainsOnHosts(
      surrounded.environment,
      {
        hosts: ['web1', 'web2', 'web9'],
        of: () =>
          new Map([
            ['Package[old]', '1.0'],
            ['Package[simulated]', '1.0'],
            ...more.map((resource) => [resource, '1.0'] as const),
          ]),
        mayRemain: new Set(mayRemain),
      },
      options,
    )

  it('is told with the release that managed it; a host that is silent is not known', async () => {
    await start({ web1: 'puppet leaves a resource' })
    await runPuppet()
    const { remains, unknown } = await look()
    expect([...remains]).to.deep.equal([
      ['web1', [{ resource: 'Package[old]', seen: 'Package[old] is still there, and 1.0 managed it' }]],
    ])
    expect([...unknown]).to.deep.equal([['web9', 'no answer']])
    expect([...(await look(['Package[old]'])).remains]).to.deep.equal([])
  })

  it('is not known of what cannot be looked at, which hides nothing else', async () => {
    await start({ web1: 'puppet leaves a resource' })
    await runPuppet()
    const { remains, unknown } = await look([], 'Package[rake] by gem')
    expect([...remains.keys()]).to.deep.equal(['web1'])
    expect(unknown.get('web2')).to.match(/Package\[rake\] by gem cannot be looked at/)
    expect((await look(['Package[rake] by gem'], 'Package[rake] by gem')).unknown.has('web2')).to.equal(false)
  })

  it('is not known where puppet has not run', async () => {
    await start({ web1: 'puppet leaves a resource' })
    const { remains, unknown } = await look()
    expect([...remains]).to.deep.equal([])
    expect(unknown.get('web1')).to.match(/has kept no catalog/)
  })
})
