import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { startIcinga, type RealIcinga } from './icinga'
import { RealFleet } from './mcollectived'
import { startNagios, type RealNagios } from './nagios'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'
import { startPrometheus, type RealPrometheus } from './prometheus'
import { PASSWORD, PSK, USER } from './settings'

const WITHIN_MS = 120_000
const OTHER = 'other.example.net'
const host = (name: string) => `${name}.example.net`

describe('Monitoring that is kept in step with the inventory', () => {
  let scratch: Scratch
  let broker: RealBroker
  let fleet: RealFleet
  let nagios: RealNagios
  let icinga: RealIcinga
  let prometheus: RealPrometheus
  let serving: Running
  let sent: Running
  let template = 'lockstep-host'

  before(async function () {
    this.timeout(600_000)
    scratch = new Scratch()
    broker = await startActivemq(scratch)
    nagios = await startNagios(scratch)
    icinga = await startIcinga(scratch)
    prometheus = await startPrometheus(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    scratch.write('icinga.password', `${icinga.password}\n`)
    scratch.write('psk', PSK)
    const hook = await freePort()
    sent = start(
      process.execPath,
      [
        '-e',
        `require('http').createServer((q,r)=>{let b='';q.on('data',c=>b+=c);q.on('end',()=>{console.log(b);r.end()})}).listen(${hook},'127.0.0.1',()=>console.log('ready'))`,
      ],
      join(scratch.path, 'hook.log'),
    )
    await untilReady('the webhook', sent, async () => logOf(sent).includes('ready'), 60_000)
    list('web1', 'web2', 'web3', 'web4')
    await configure(hook)
    await serve()
  })

  after(async function () {
    this.timeout(600_000)
    await serving?.stop()
    await sent?.stop()
    await fleet?.stop()
    await Promise.all([broker?.stop(), nagios?.stop(), icinga?.stop(), prometheus?.stop()])
    scratch.remove()
  })

  let hookPort = 0
  async function configure(hook = hookPort): Promise<void> {
    hookPort = hook
    scratch.write(
      'lockstep.yaml',
      `default: production
monitoring:
  every: 2 seconds
  nagios:
    config: ${nagios.config}
    folder: ${nagios.folder}
    reload: [${nagios.reload.join(', ')}]
    host_template: ${template}
  icinga:
    url: ${icinga.url}
    user: ${icinga.user}
    password: { file: icinga.password }
    ca: ${icinga.ca}
  prometheus: { file: ${prometheus.file}, port: 9100 }
environments:
  production:
    connector: activemq
    brokers: [{ host: 127.0.0.1, port: ${broker.port}, user: ${USER}, password: { env: BROKER_PASSWORD } }]
    security: { provider: psk, secret: { file: psk } }
    inventory: [hosts.csv]
    notifications:
      - webhook: { url: 'http://127.0.0.1:${hook}/' }
`,
    )
  }

  function list(...names: string[]): void {
    scratch.write('hosts.csv', `host,classes\n${names.map((name) => `${host(name)},roles::web\n`).join('')}`)
  }

  const state = () => join(scratch.path, 'state')
  async function serve(): Promise<void> {
    const args = [LOCKSTEP, 'serve', '--config', join(scratch.path, 'lockstep.yaml'), '--state', state()]
    serving = start(process.execPath, args, join(scratch.path, 'serve.log'), { BROKER_PASSWORD: PASSWORD })
    await untilReady('lockstep serve', serving, async () => logOf(serving).includes('hosts added'), WITHIN_MS)
  }

  /** Runs `lockstep serve --monitoring`, and resolves with what it printed and its exit status. */
  function once(...args: string[]): Promise<{ text: string; status: number }> {
    const all = [LOCKSTEP, 'serve', '--config', join(scratch.path, 'lockstep.yaml'), '--state', state()]
    const env = { ...process.env, BROKER_PASSWORD: PASSWORD }
    return new Promise((resolve) =>
      execFile(process.execPath, [...all, '--monitoring', ...args], { env }, (error, stdout, stderr) =>
        resolve({ text: `${stdout}${stderr}`, status: Number(error?.code ?? 0) }),
      ),
    )
  }

  const seen = async () => ({
    nagios: nagios.shows(),
    icinga: await icinga.shows(),
    prometheus: await prometheus.shows(),
  })
  /** Waits until the three show exactly these, each beside the host of others. */
  async function untilSeen(hosts: readonly string[], services: readonly string[] = []): Promise<void> {
    const names = hosts.map(host)
    const all = [OTHER, ...names, ...services].sort()
    const wanted = { nagios: all, icinga: all, prometheus: names.sort() }
    await untilReady(
      `monitoring with ${hosts.join(', ')}`,
      serving,
      async () => JSON.stringify(await seen()) === JSON.stringify(wanted),
      WITHIN_MS,
    ).catch(async (error: unknown) => {
      expect(await seen()).to.deep.equal(wanted)
      throw error
    })
  }
  const untilSaid = (text: string, running = serving) =>
    untilReady(`the sentence "${text}"`, running, async () => logOf(running).includes(text), WITHIN_MS)

  it('shows a host with its checks in all three once its daemon registers', async function () {
    this.timeout(600_000)
    await untilSeen(['web1', 'web2', 'web3', 'web4'])
    expect(await prometheus.addresses()).to.include('web1.example.net:9100')
    list('web1', 'web2', 'web3', 'web4', 'web5')
    scratch.write('nrpe.d/checks.cfg', 'command[check_disk]=/bin/true\ncommand[check_load]=/bin/true\n')
    await fleet.addOurs(host('web5'), {
      cfg: `registerinterval = 1\nregistration = lockstep\nplugin.nrpe.conf_dir = ${join(scratch.path, 'nrpe.d')}\n`,
    })
    await untilSeen(
      ['web1', 'web2', 'web3', 'web4', 'web5'],
      [`${host('web5')}!check_disk`, `${host('web5')}!check_load`],
    )
    const { results } = await icinga.ask('GET', `objects/hosts/${host('web5')}`)
    expect(results[0]?.attrs['vars']).to.deep.equal({ managed_by: 'lockstep', classes: ['roles::web'] })
  })

  it('needs no port, since it is told nothing over HTTP', () => {
    expect(logOf(serving)).to.match(/"msg":"serving"/)
    expect(logOf(serving)).not.to.include('"listen"')
  })

  it('keeps a host that is silent, and says of one that registers from nowhere', async function () {
    this.timeout(600_000)
    await fleet.addOurs(host('stray'), { cfg: 'registerinterval = 1\n' })
    await untilSaid('1 host registers and is not in the inventory')
    await untilSaid('not in the inventory, so monitoring is not told of it: stray.example.net', sent)
    // web1 to web4 have no daemon at all.
    await untilSeen(
      ['web1', 'web2', 'web3', 'web4', 'web5'],
      [`${host('web5')}!check_disk`, `${host('web5')}!check_load`],
    )
  })

  it('takes a host out that has left the inventory, and notifies of it', async function () {
    this.timeout(600_000)
    list('web1', 'web2', 'web3', 'web4')
    await untilSeen(['web1', 'web2', 'web3', 'web4'])
    await untilSaid('Nagios: 1 host not in the inventory any more, and removed: web5.example.net', sent)
    expect(logOf(serving)).not.to.include(icinga.password)
  })

  it('keeps all who are left when a list loses a host at every look, and says so', async function () {
    this.timeout(600_000)
    // web5 left above, and one more is two of five within a day.
    list('web1', 'web2', 'web3')
    await untilSaid(
      'Nagios: 1 host of 4 would be removed (web4.example.net), more than 20 % with the 1 that left within a day',
    )
    await untilSeen(['web1', 'web2', 'web3', 'web4'])
    list('web1', 'web2', 'web3', 'web4')
    await untilSaid('this is over: Nagios: 1 host of 4 would be removed')
  })

  it('goes on where the folder of Nagios has what is no file, and where a host has the name null', async function () {
    this.timeout(600_000)
    mkdirSync(join(nagios.folder, 'x.cfg'))
    await untilSaid('Nagios: EISDIR')
    rmdirSync(join(nagios.folder, 'x.cfg'))
    await untilSaid('this is over: Nagios: EISDIR')
    scratch.write('hosts.csv', `${readFileSync(join(scratch.path, 'hosts.csv'), 'utf8')}null,roles::web\n`)
    await untilSaid('Nagios: null is not told: its name is none for monitoring')
    await untilSeen(['web1', 'web2', 'web3', 'web4'])
  })

  it('refuses that half of the inventory vanishes, until a person names the number', async function () {
    this.timeout(600_000)
    const before = filesOf(nagios.folder)
    list('web1', 'web2')
    await untilSaid('Nagios: 2 hosts of 4 would be removed (web[3-4].example.net), more than 20 %')
    await untilSaid('Icinga: 2 hosts of 4 would be removed')
    await untilSaid('Prometheus: 2 hosts of 4 would be removed')
    expect(filesOf(nagios.folder)).to.deep.equal(before)
    await untilSeen(['web1', 'web2', 'web3', 'web4'])
    scratch.write('hosts.csv', '')
    await untilSaid('monitoring: nothing was changed: ')
    expect(filesOf(nagios.folder)).to.deep.equal(before)
    await untilSeen(['web1', 'web2', 'web3', 'web4'])
    list('web1', 'web2')
    const shown = await once('--noop', '--removed', '2')
    expect(shown.text).to.include(
      'Icinga: 2 hosts not in the inventory would be removed: web[3-4].example.net',
    )
    expect(shown.status).to.equal(0)
    const wrong = await once('--removed', '1')
    expect(wrong.text).to.include('1 were confirmed, and that is another number')
    expect(wrong.status).to.equal(1)
    await untilSeen(['web1', 'web2', 'web3', 'web4'])
    const done = await once('--removed', '2', '--json')
    expect(done.status, done.text).to.equal(0)
    expect(JSON.parse(done.text)).to.include({ schema: 'lockstep/monitoring/1', exitCode: 0 })
    await untilSeen(['web1', 'web2'])
  })

  it('tells the others while Icinga is down, says so, and tells Icinga when it is back', async function () {
    this.timeout(600_000)
    await icinga.kill()
    list('web1', 'web2', 'web6')
    await untilSaid('Icinga: https://localhost:')
    await untilReady(
      'Nagios and Prometheus with web6',
      serving,
      async () => nagios.shows().includes(host('web6')) && (await prometheus.shows()).includes(host('web6')),
      WITHIN_MS,
    )
    await icinga.restart()
    await untilSeen(['web1', 'web2', 'web6'])
    await untilSaid('monitoring: this is over: Icinga: https://localhost:')
  })

  it('leaves alone what others have made, and names it', async function () {
    this.timeout(600_000)
    await icinga.ask('PUT', `objects/hosts/${host('web7')}`, {
      templates: ['lockstep-host'],
      attrs: { address: '192.0.2.7' },
    })
    list('web1', 'web2', 'web6', 'web7')
    await untilSaid('Icinga: web7.example.net is not told: others have made a host of that name')
    const { results } = await icinga.ask('GET', `objects/hosts/${host('web7')}`)
    expect(results[0]?.attrs['address']).to.equal('192.0.2.7')
    expect(results[0]?.attrs['vars']).to.equal(null)
    await icinga.ask('DELETE', `objects/hosts/${host('web7')}`)
    await untilSeen(['web1', 'web2', 'web6', 'web7'])
  })

  it('keeps the last good configuration of Nagios where a template is broken, and Nagios goes on', async function () {
    this.timeout(600_000)
    await serving.stop()
    template = 'no-such-template'
    await configure()
    const before = filesOf(nagios.folder)
    const refused = await once()
    expect(refused.text).to.include(
      "Nagios: it refuses the new configuration, so it goes on with the last good one: Error: Template 'no-such-template'",
    )
    expect(refused.status).to.equal(1)
    expect(filesOf(nagios.folder)).to.deep.equal(before)
    expect(nagios.running.child.exitCode).to.equal(null)
    expect(nagios.shows()).to.include(host('web7'))
    template = 'lockstep-host'
    await configure()
    const again = await once()
    expect(again.status, again.text).to.equal(0)
    expect(again.text).not.to.include('Nagios')
  })

  it('says that Nagios is not running, and that it is owed a reload until it has read what is written', async function () {
    this.timeout(600_000)
    const { reload } = nagios
    nagios.reload = ['/bin/false']
    await configure()
    list('web1', 'web2', 'web6', 'web7', 'web8')
    const failed = await once()
    expect(failed.text).to.include(
      'Nagios: its files are written and right, but /bin/false did not reload it',
    )
    expect(failed.status).to.equal(1)
    expect(nagios.shows()).not.to.include(host('web8'))
    nagios.reload = reload
    await configure()
    expect((await once()).status).to.equal(0)
    expect(nagios.shows()).to.include(host('web8'))
  })

  it('has what a kill has cut short read and told by the next look', async function () {
    this.timeout(600_000)
    const { reload } = nagios
    nagios.reload = ['/bin/sleep', '"600"']
    await configure()
    list('web1', 'web2', 'web6', 'web7')
    const args = ['serve', '--config', join(scratch.path, 'lockstep.yaml'), '--state', state()]
    const killed = start(
      process.execPath,
      [LOCKSTEP, ...args, '--monitoring', '--removed', '1'],
      join(scratch.path, 'killed.log'),
      { BROKER_PASSWORD: PASSWORD },
    )
    // The others are told at the same time: the kill is to come behind them.
    const isWritten = async () =>
      !readdirSync(nagios.folder).includes(`${host('web8')}.cfg`) &&
      !(await icinga.shows()).includes(host('web8')) &&
      !(await prometheus.shows()).includes(host('web8'))
    await untilReady('the files of Nagios', killed, isWritten, WITHIN_MS)
    await killed.stop('SIGKILL')
    expect(nagios.shows()).to.include(host('web8'))
    nagios.reload = reload
    await configure()
    const next = await once()
    expect(next.status, next.text).to.equal(0)
    expect(next.text).to.include(
      'Nagios: 1 host not in the inventory any more, and removed: web8.example.net',
    )
    expect(nagios.shows()).not.to.include(host('web8'))
    expect((await once()).text, 'it is told once').not.to.include('web8')
  })

  it('has files that every user can read, since Nagios and Prometheus have their own', () => {
    const files = [prometheus.file, ...readdirSync(nagios.folder).map((name) => join(nagios.folder, name))]
    expect(files.map((path) => statSync(path).mode & 0o777)).to.deep.equal(files.map(() => 0o644))
  })
})

function logOf({ log }: Running): string {
  return readFileSync(log, 'utf8')
}

/** Returns the files of a folder, each with its text and the time of its last change. */
function filesOf(folder: string): [string, string, number][] {
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const path = join(folder, file)
      return [file, readFileSync(path, 'utf8'), statSync(path).mtimeMs]
    })
}
