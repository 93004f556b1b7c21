import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FakeClock, settled } from '../../testing/fake_clock'
import { behavesAsMonitoringTarget } from '../../testing/monitoring_target_contract'
import { Scratch } from '../../testing/scratch'
import type { CommandRunner } from '../../system/command'
import { systemClock } from '../../system/clock'
import { Icinga } from './icinga'
import type { IcingaApi } from './icinga_api'
import { Nagios } from './nagios'
import { exchangeFolder } from './nagios_main'
import { Prometheus } from './prometheus'
import type { MonitoredHost } from './target'

const { signal } = new AbortController()
const NAMES = { hostTemplate: 'lockstep-host', serviceTemplate: 'lockstep-service', checkCommand: 'nrpe' }
const web1: MonitoredHost = { name: 'web1', address: '192.0.2.1', classes: [], checks: ['check_disk'] }
const said = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  )

describe('Prometheus that is told by a file', () => {
  let scratch: Scratch
  let made = 0
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  behavesAsMonitoringTarget(
    () => new Prometheus({ file: join(scratch.path, String((made += 1)), 'sd.json'), port: 9100 }),
  )

  it('writes brackets around an IPv6 address, and leaves a file of others alone', async () => {
    const file = join(scratch.path, 'sd.json')
    const target = new Prometheus({ file, port: 9100 })
    await target.apply([{ ...web1, address: '2001:db8::1', checks: [] }])
    expect(readFileSync(file, 'utf8')).to.include('"[2001:db8::1]:9100"')
    const others = '[{"targets":["a:1"],"labels":{"job":"x"}}]'
    writeFileSync(file, others)
    expect(await said(target.apply([]))).to.match(
      /is not as Lockstep writes it \(others have written it\)/,
    )
    expect(readFileSync(file, 'utf8')).to.equal(others)
  })
})

describe('Nagios that is told by files', () => {
  let scratch: Scratch
  let made = 0
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  /** Returns a Nagios whose program accepts or refuses, and whose reload writes the cache that Nagios would write. */
  function open({ refuses = '', reloads = () => true }: { refuses?: string; reloads?: () => boolean } = {}) {
    const at = join(scratch.path, String((made += 1)))
    const folder = join(at, 'lockstep')
    mkdirSync(folder, { recursive: true })
    const config = join(at, 'nagios.cfg')
    const cache = join(at, 'objects.cache')
    writeFileSync(config, `cfg_file=base.cfg\ncfg_dir=lockstep/\nobject_cache_file=${cache}\n`)
    let times = 0
    const run: CommandRunner = async (program) => {
      if (program === 'nagios4')
        return refuses === ''
          ? { exitCode: 0, stdout: '', output: '', failure: undefined }
          : { exitCode: 1, stdout: '', output: `Reading\n${refuses}\nmore`, failure: undefined }
      if (!reloads()) return { exitCode: 1, stdout: '', output: 'no', failure: undefined }
      const texts = readdirSync(folder)
        .filter((file) => file.endsWith('.cfg'))
        .map((file) => readFileSync(join(folder, file), 'utf8'))
      writeFileSync(cache, `# ${(times += 1)}\n${texts.join('\n')}`)
      return { exitCode: 0, stdout: '', output: '', failure: undefined }
    }
    const settings = { ...NAMES, config, folder, program: 'nagios4', reload: ['reload'] }
    return { target: new Nagios(settings, { run, clock: systemClock }), folder, config }
  }
  behavesAsMonitoringTarget(() => open().target)

  it('changes nothing where Nagios refuses the new configuration, and repeats what Nagios says', async () => {
    const { target, folder } = open({ refuses: "Error: Template 'x' specified in host definition" })
    expect(await said(target.apply([web1], signal))).to.equal(
      "Nagios: it refuses the new configuration, so it goes on with the last good one: Error: Template 'x' specified in host definition",
    )
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('tries the reload again until it has come about, though no file has changed since', async () => {
    let answers = false
    const { target } = open({ reloads: () => answers })
    expect(await said(target.apply([web1], signal))).to.match(/reload did not reload it: it ended with 1: no/)
    expect(await said(target.apply([web1], signal))).to.match(/did not reload it/)
    answers = true
    expect(await said(target.apply([web1], signal))).to.equal('nothing')
  })

  it('does not believe a reload after which Nagios has read nothing', async () => {
    const { folder, config } = open()
    const clock = new FakeClock()
    const run: CommandRunner = async () => ({ exitCode: 0, stdout: '', output: '', failure: undefined })
    const settings = { ...NAMES, config, folder, program: 'nagios4', reload: ['true'] }
    const applied = said(new Nagios(settings, { run, clock }).apply([web1], signal))
    for (let turn = 0; turn < 400; turn += 1) await (clock.pending.length === 0 ? settled() : clock.next())
    expect(await applied).to.match(/does not show after 30 s that it has read them; is it running\?$/)
  })

  it('says where Nagios does not read the folder, and where a file is not its own', async () => {
    const { target, folder, config } = open()
    writeFileSync(config, 'cfg_dir=other\n')
    expect(await said(target.apply([web1], signal))).to.match(/does not read .*; add the line cfg_dir=/)
    writeFileSync(join(folder, 'mine.cfg'), 'define host {\n}\n')
    expect(await said(target.list())).to.match(/mine\.cfg is not as Lockstep writes it; move it away/)
  })

  it('is checked with the other files where they are, and with the new folder in place of its own', () => {
    expect(
      exchangeFolder('# x\n cfg_file=a.cfg\ncfg_dir = /etc/n/lockstep/\nresource_file=/r.cfg\nlog_file=l', {
        path: '/etc/n/nagios.cfg',
        folder: '/etc/n/lockstep',
        by: '/tmp/new',
      }),
    ).to.equal('# x\ncfg_file=/etc/n/a.cfg\ncfg_dir = /tmp/new\nresource_file=/r.cfg\nlog_file=l')
  })
})

describe('Icinga that is told by its API', () => {
  behavesAsMonitoringTarget(() => new Icinga(new MemoryIcinga(), NAMES))

  it('leaves a host and a service of others alone, and names them', async () => {
    const api = new MemoryIcinga()
    api.hosts.set('web1', { name: 'web1', address: 'x', vars: null, package: '_etc' })
    api.hosts.set('web2', { name: 'web2', address: 'x', vars: { managed_by: 'lockstep' }, package: '_etc' })
    const target = new Icinga(api, NAMES)
    expect(await target.list(signal)).to.deep.equal([])
    const refused = await target.apply([web1, { ...web1, name: 'web2' }, { ...web1, name: 'web3' }], signal)
    expect(refused.map(({ host }) => host)).to.deep.equal(['web1', 'web2'])
    expect(api.hosts.get('web1')?.['address']).to.equal('x')
    api.services.set('web3!mine', { name: 'mine', host_name: 'web3', vars: null, package: '_api' })
    const kept = await target.apply([], signal)
    expect(kept).to.deep.equal([
      {
        host: 'web3',
        why: 'it is not removed: others have made its service mine by the API, which would go with it',
      },
    ])
    expect([...api.hosts.keys()]).to.deep.equal(['web1', 'web2', 'web3'])
  })
})

type Attributes = Record<string, unknown> & { vars: Record<string, unknown> | null }

/** The API of Icinga in memory, as far as the real one was seen to behave. */
class MemoryIcinga implements Pick<IcingaApi, 'query' | 'change'> {
  readonly hosts = new Map<string, Attributes>()
  readonly services = new Map<string, Attributes>()

  async query(type: 'hosts' | 'services') {
    return [...this[type].values()]
  }

  async change(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<string | undefined> {
    const [, type, written = ''] = /^objects\/(hosts|services)\/([^?]+)/.exec(path) ?? []
    const name = decodeURIComponent(written)
    const all = type === 'hosts' ? this.hosts : this.services
    if (method === 'DELETE') {
      if (all.get(name)?.['package'] !== '_api')
        return 'Object cannot be deleted because it was not created using the API.'
      all.delete(name)
      for (const [key, { host_name: host }] of this.services) if (host === name) this.services.delete(key)
      return undefined
    }
    const before = all.get(name)
    if (method === 'PUT' && before !== undefined) return `Object '${name}' already exists.`
    const [host = '', service] = name.split('!')
    const made = before ?? {
      name: service ?? host,
      host_name: host,
      vars: null,
      package: '_api',
      address: '',
    }
    const { attrs } = body as { attrs: Record<string, unknown> }
    for (const [key, value] of Object.entries(attrs))
      if (key.startsWith('vars.')) made.vars = { ...made.vars, [key.slice(5)]: value }
      else made[key] = value
    all.set(name, made)
    return undefined
  }
}
