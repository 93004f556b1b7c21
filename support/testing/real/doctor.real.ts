import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import http from 'node:http'
import tls from 'node:tls'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import type { FindingsDocument } from '../../doctor/format_findings'
import type { SurveyDocument } from '../../survey/survey_json'
import { HostLocks, lockSurroundings } from '../../locks/host_locks'
import { Scratch } from '../scratch'
import { startActivemq, startRabbitmq, type RealBroker } from './brokers'
import { makeCertificates, type TestCertificates } from './certificates'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { RealFleet } from './mcollectived'
import { freePort } from './processes'
import { LOCKSTEP } from './program'
import { PASSWORD, PSK, USER } from './settings'

const ROOT = resolve(__dirname, '..', '..', '..')
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
const FEATURE = `Feature: Web
  Scenario: Web
    Given the load balancer is the haproxy backend www
    And I want to update hosts with class roles::dev_server
    When I update the package mywebapp
    Then the check check_http should be ok
`

/** A project of its own that talks to a fleet, and what the doctor says there. */
class Project {
  readonly path: string
  constructor(scratch: Scratch, name: string) {
    this.path = join(scratch.path, name)
    mkdirSync(join(this.path, 'features'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(this.path, 'node_modules'))
  }

  write(scratch: Scratch, name: string, text: string, mode?: number): string {
    return scratch.write(join(this.path.slice(scratch.path.length + 1), name), text, mode)
  }

  /** Runs the command beside this process, which serves what it looks at. */
  async run(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ status: number | undefined; out: string }> {
    const { execa } = await import('execa')
    const { exitCode, all } = await execa(process.execPath, [LOCKSTEP, ...args], {
      cwd: this.path,
      all: true,
      reject: false,
      timeout: 120_000,
      env: { LOCKSTEP_LOCKS: join(this.path, 'locks'), ...env },
    })
    return { status: exitCode, out: all }
  }

  async doctor(
    env: Record<string, string> = {},
  ): Promise<{ status: number | undefined; of: (check: string) => string[]; fails: string[] }> {
    const { status, out } = await this.run(['doctor', '--json'], env)
    expect(out).not.to.contain(PSK).and.not.to.contain(PASSWORD)
    const { findings } = JSON.parse(out) as FindingsDocument
    return {
      status,
      fails: findings.filter(({ state }) => state === 'fail').map(({ check }) => check),
      of: (check) =>
        findings
          .filter((each) => each.check === check)
          .map(({ state, what, mend, paste }) => `${state}: ${what} → ${[mend, paste].join(' ').trim()}`),
    }
  }
}

for (const [kind, start] of [
  ['ActiveMQ', startActivemq],
  ['RabbitMQ', startRabbitmq],
] as const) {
  describe(`the doctor of a fleet behind ${kind}`, () => {
    let scratch: Scratch
    let broker: RealBroker
    let fleet: RealFleet
    let haproxy: RealHaproxy | undefined
    let web: http.Server
    let certificates: TestCertificates
    let project: Project
    let made = 0

    interface Changed {
      port?: number
      password?: string
      psk?: string
      hosts?: readonly string[]
      socket?: string
      tls?: string
      collective?: string
      inventory?: string
    }
    const configure = (changed: Changed = {}): Project => {
      const own = new Project(scratch, `project${(made += 1)}`)
      own.write(scratch, 'psk', changed.psk ?? PSK)
      own.write(scratch, 'cucumber.js', 'module.exports = {}\n')
      own.write(scratch, 'features/web.feature', FEATURE)
      const hosts = changed.hosts ?? ['ours1.example.net', 'ruby1.example.net']
      own.write(
        scratch,
        'hosts.csv',
        `host,role\n${hosts.map((each) => `${each},roles::dev_server\n`).join('')}`,
      )
      own.write(
        scratch,
        'lockstep.yaml',
        `environments:
  test:
    connector: ${broker.kind}
    virtual_host: ${broker.virtualHost}
    brokers:
      - host: 127.0.0.1
        port: ${changed.port ?? broker.port}
        user: ${USER}
        password: { env: BROKER_PASSWORD }
${changed.tls ?? ''}    security: { provider: psk, secret: { file: psk } }
    collective: ${changed.collective ?? 'mcollective'}
    inventory: [${changed.inventory ?? 'hosts.csv'}]
    haproxy: [{ socket: ${changed.socket ?? haproxy?.socket ?? ''} }]
`,
      )
      return own
    }
    const look = (changed: Changed = {}, env: Record<string, string> = {}) =>
      configure(changed).doctor({ BROKER_PASSWORD: changed.password ?? PASSWORD, ...env })

    before(async function () {
      this.timeout(600_000)
      scratch = new Scratch()
      certificates = makeCertificates(scratch)
      broker = await (kind === 'ActiveMQ' ? startActivemq(scratch, { certificates }) : start(scratch))
      fleet = new RealFleet(scratch, broker, 'psk')
      web = http.createServer((_, response) => response.end('well'))
      await new Promise<void>((done) => web.listen(0, '127.0.0.1', done))
      haproxy = await startHaproxy(scratch, {
        backend: 'www',
        servers: [{ name: 'ours1.example.net', port: (web.address() as AddressInfo).port }],
      })
      await fleet.add('ruby1.example.net')
      await fleet.addOurs('ours1.example.net')
      project = configure()
    })

    after(async function () {
      this.timeout(600_000)
      await fleet.stop()
      await haproxy?.stop()
      web.close()
      await broker.stop()
      scratch.remove()
    })

    it('says who is there, with which daemon', async () => {
      const { status, out } = await project.run(['ping', '--json'], { BROKER_PASSWORD: PASSWORD })
      expect(status, out).to.equal(0)
      const { hosts, silent } = JSON.parse(out) as SurveyDocument
      expect(silent).to.deep.equal([])
      expect(hosts.map(({ host, daemon }) => `${host} ${daemon?.split(' ')[0]}`)).to.deep.equal([
        'ours1.example.net lockstep',
        'ruby1.example.net mcollectived',
      ])
      const none = await project.run(['ping', '--class', 'roles::none'], { BROKER_PASSWORD: PASSWORD })
      expect(none.status, none.out).to.equal(3)
    }).timeout(600_000)

    it('is content with a fleet that is well, but for what it lacks', async () => {
      const { of } = await look()
      expect(of('configuration').join()).to.match(/^ok/)
      expect(of('programs').map((line) => line.split(':')[0])).to.deep.equal(['ok', 'ok', 'ok'])
      expect(of('broker').join()).to.match(/^ok: 127\.0\.0\.1:\d+ takes our login/)
      expect(of('secret').join()).to.match(/^ok: 2 hosts accept our secret/)
      expect(of('clocks').join()).to.match(/^ok: 2 hosts within/)
      expect(of('hosts').join()).to.match(/^ok: all 2 hosts of the inventory answer/)
      // Lockstep's own daemon has no agent for packages in this suite.
      expect(of('agents').join()).to.match(/^warn: ours1\.example\.net: there is no agent package/)
      expect(of('balancers').join()).to.match(/^ok: .*the backend www has 1 of 1 servers in service/)
    }).timeout(600_000)

    it('tells a wrong password, a wrong secret and a dead broker apart', async () => {
      const password = await look({ password: 'not-it' })
      expect(password.status).to.equal(1)
      expect(password.fails).to.deep.equal(['broker'])
      expect(password.of('broker').join())
        .to.match(/^fail: .*refused/)
        .and.to.match(/password at .*lockstep\.yaml:\d+/)
      expect(password.of('hosts').join()).to.match(/^not checked: hosts cannot be asked through any broker/)

      const secret = await look({ psk: 'another' })
      expect(secret.status).to.equal(1)
      expect(secret.of('broker').join()).to.match(/^ok/)
      expect(secret.of('secret').join()).to.match(/^not checked: no host answers, and a wrong secret/)
      expect(secret.of('hosts').join('\n')).to.match(
        /^fail: none of 2 hosts of the inventory answers .* or all refuse our secret/,
      )
      expect(secret.fails).to.deep.equal(['hosts'])

      const dead = await look({ port: await freePort() })
      expect(dead.status).to.equal(1)
      expect(dead.fails).to.deep.equal(['broker'])
      expect(dead.of('broker').join()).to.match(/^fail: .*nothing listens there/)
      for (const check of ['secret', 'clocks', 'hosts', 'agents'])
        expect(dead.of(check).join()).to.match(/^not checked: hosts cannot be asked through any broker/)
    }).timeout(600_000)

    it('says that a collective is not there, although the broker takes the login', async () => {
      const { status, of, fails } = await look({ collective: 'other' })
      expect(status).to.equal(1)
      expect(fails).to.deep.equal(['hosts'])
      expect(of('broker').join()).to.match(/^ok/)
      expect(of('hosts').join()).to.contain('collective other')
      for (const check of ['secret', 'clocks', 'agents']) expect(of(check).join()).to.match(/^not checked/)
    }).timeout(600_000)

    it('says that an inventory cannot be read, which no other check would', async () => {
      const { status, of, fails } = await look({ inventory: 'gone.csv' })
      expect(status).to.equal(1)
      expect(fails).to.deep.equal(['hosts'])
      expect(of('hosts').join()).to.contain('gone.csv')
    }).timeout(600_000)

    it('names a host that is expected and silent', async () => {
      const { status, of } = await look({
        hosts: ['ours1.example.net', 'ruby1.example.net', 'gone.example.net'],
      })
      expect(status).to.equal(1)
      expect(of('hosts').join()).to.match(/^fail: expected and silent: gone\.example\.net/)
    }).timeout(600_000)

    it('names the lock of a rollout that is gone', async () => {
      const own = configure()
      const { pid } = spawnSync('true')
      const surroundings = lockSurroundings({ LOCKSTEP_LOCKS: join(own.path, 'locks') })
      await new HostLocks({ ...surroundings, pid, processStart: () => 'before' }).claim({
        run: '20260101-120000-abcd',
        feature: 'features/web.feature',
        fleet: 'test',
        hosts: ['ours1.example.net'],
      })
      const found = await own.doctor({ BROKER_PASSWORD: PASSWORD })
      expect(found.of('locks').join()).to.match(
        /^warn: left behind: ours1\.example\.net by run 20260101-120000-abcd .* a process that is gone/,
      )
      // The journal of that run is not here, so that nothing could be put back from here.
      expect(found.of('locks').join()).to.contain('LOCKSTEP_TAKE_LOCK=').and.not.to.contain('put-back')
      expect(found.fails).to.deep.equal([])
    }).timeout(600_000)

    it('names hosts whose clocks are wrong, which no rollout would find', async function () {
      if (!existsSync(FAKETIME)) return this.skip()
      const wrong = { LD_PRELOAD: FAKETIME, FAKETIME: '+1h', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
      const before = { ...process.env }
      Object.assign(process.env, wrong)
      try {
        fleet.launch('ahead-ruby.example.net')
        await fleet.addOurs('ahead-ours.example.net')
        Object.assign(process.env, { FAKETIME: '-3m' })
        await fleet.addOurs('behind-ours.example.net')
      } finally {
        for (const name of Object.keys(wrong)) delete process.env[name]
        Object.assign(process.env, before)
      }
      const names = ['ahead-ruby', 'ahead-ours', 'behind-ours'].map((name) => `${name}.example.net`)
      const expected = ['ours1.example.net', 'ruby1.example.net', ...names]
      let found = await look({ hosts: expected })
      // mcollectived takes its time to start.
      for (let tries = 0; tries < 10 && !found.of('clocks').join().includes('ahead-ruby'); tries += 1)
        found = await look({ hosts: expected })
      const clocks = found.of('clocks').join('\n')
      expect(clocks).to.match(/fail: .*ahead-ruby\.example\.net.*: the clock is (?:5\d|60) min ahead/)
      expect(clocks).to.match(/fail: .*ahead-ours\.example\.net.*: the clock is (?:5\d|60) min ahead/)
      expect(clocks).to.match(/fail: behind-ours\.example\.net: the clock is 3 min behind/)
      expect(found.of('hosts').join('\n')).to.contain('not to be found by a rollout')
      expect(found.of('secret').join()).to.match(/^ok: 5 hosts/)
      expect(found.status).to.equal(1)
    }).timeout(600_000)

    it('looks at HAProxy’s socket, its level and the backend', async () => {
      const user = (await look({ socket: haproxy?.userSocket ?? '' })).of('balancers').join('\n')
      expect(user).to.match(/fail: HAProxy at .* takes no orders on this socket, whose level is user/)
      const none = (await look({ socket: join(scratch.path, 'none.sock') })).of('balancers').join('\n')
      expect(none).to.match(/fail: .*there is no such socket/)
    }).timeout(600_000)

    it('says which file cannot be read, and which secret everybody can read', async () => {
      const folder = configure()
      execFileSync('rm', [join(folder.path, 'psk')])
      mkdirSync(join(folder.path, 'psk'))
      const unreadable = await folder.doctor({ BROKER_PASSWORD: PASSWORD })
      expect(unreadable.of('configuration').join()).to.match(
        /^fail: .*lockstep\.yaml:\d+: the psk secret .*it is a folder/,
      )
      expect(unreadable.of('broker').join()).to.match(/^not checked: the configuration cannot be read/)
      const open = configure()
      chmodSync(join(open.path, 'psk'), 0o644)
      expect((await open.doctor({ BROKER_PASSWORD: PASSWORD })).of('secret').join()).to.match(
        /^warn: .*psk holds a secret and everybody can read it → let no other user read it: chmod 600 /,
      )
    }).timeout(600_000)

    it('says that a disk is full, or read-only', async function () {
      const full = join(scratch.path, `full${made}`)
      mkdirSync(full)
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full])
      if (mounted.status !== 0) return this.skip()
      try {
        const { status, of } = await look({}, { LOCKSTEP_STATE: join(full, 'state') })
        expect(status).to.equal(1)
        expect(of('disk').join()).to.match(/^fail: .*its disk is full/)
        execFileSync('mount', ['-o', 'remount,ro', full])
        const still = await look({}, { LOCKSTEP_STATE: join(full, 'state') })
        expect(still.of('disk').join()).to.match(/^fail: .*cannot be written: its disk is read-only/)
      } finally {
        execFileSync('umount', [full])
      }
    }).timeout(600_000)

    if (kind === 'ActiveMQ')
      it('says until when a certificate is good, and that one has expired', async () => {
        const tlsFor = (ca: string) =>
          `        tls: { ca: ${ca}, cert: ${certificates.clientCert}, key: ${certificates.clientKey} }\n`
        const good = await look({ port: broker.tlsPort ?? 0, tls: tlsFor(certificates.ca) })
        // It is good for two days only, and a month is what is told.
        expect(good.of('broker').join()).to.match(/^warn: the certificate of the broker .* expires on/)
        const expired = expiredCertificate(scratch)
        const server = tls.createServer({ cert: expired.cert, key: expired.key })
        await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
        try {
          const { port } = server.address() as AddressInfo
          const { of } = await look({ port, tls: tlsFor(expired.path) })
          expect(of('broker').join()).to.match(/^fail: the certificate of the broker .* has expired on/)
        } finally {
          server.close()
        }
      }).timeout(600_000)
  })
}

function expiredCertificate(scratch: Scratch): { cert: string; key: string; path: string } {
  const [key, path] = [join(scratch.path, 'expired.key'), join(scratch.path, 'expired.pem')]
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=old'].concat([
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      path,
    ]),
    { stdio: 'pipe', env: { ...process.env, LD_PRELOAD: FAKETIME, FAKETIME: '-10d' } },
  )
  return { cert: readFileSync(path, 'utf8'), key: readFileSync(key, 'utf8'), path }
}
