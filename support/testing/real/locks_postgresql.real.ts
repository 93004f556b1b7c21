import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { DatabaseSettings } from '../../config/history_setting'
import { LEASE } from '../../locks/lock_store'
import { PostgresqlClaims } from '../../locks/postgresql/claim_table'
import { claimTableContract, type ClaimsUnderTest } from '../claim_table_contract'
import { readRunJournals, type RunJournals } from '../../run/journals'
import { compiledCopy } from '../compiled_copy'
import { cucumber, lockstep } from '../cucumber_process'
import { failure } from '../failure'
import { LiveRollout } from '../live_rollout'
import { Scratch } from '../scratch'
import { makeCertificates } from './certificates'
import { CuttingProxy, type Fate } from './cutting_proxy'
import { Postgresql } from './postgresql'
import { freePort, start, untilReady, type Running } from './processes'

describe('Locks that several control hosts share in PostgreSQL', function () {
  this.timeout(240_000)
  let scratch: Scratch
  let postgresql: Postgresql

  before(async function () {
    if (process.getuid?.() !== 0) this.skip()
    scratch = new Scratch()
    makeCertificates(scratch)
    const [cert, key] = ['server.pem', 'server.key'].map((name) => readFileSync(join(scratch.path, name)))
    postgresql = await Postgresql.start({ cert, key })
  })
  after(async () => {
    await postgresql?.remove()
    scratch?.remove()
  })

  const claimsIn = async (
    settings: DatabaseSettings,
    database = settings.database,
  ): Promise<ClaimsUnderTest> => ({
    open: () => new PostgresqlClaims(settings),
    pass: async (ms) => {
      await postgresql.query(
        database,
        `UPDATE lockstep_locks.claim SET good_until = good_until - interval '${ms} ms'`,
      )
    },
  })

  describe('as a table of claims', () => {
    claimTableContract(async () => claimsIn(await postgresql.create()), 5)
  })

  for (const level of ['repeatable read', 'serializable'])
    describe(`as a table of claims where transactions are ${level}`, () => {
      claimTableContract(async () => {
        const settings = await postgresql.create()
        await postgresql.query(
          'postgres',
          `ALTER DATABASE ${settings.database} SET default_transaction_isolation = '${level}';
           ALTER DATABASE ${settings.database} SET synchronous_commit = off`,
        )
        return claimsIn(settings)
      }, 3)
    })

  describe('behind a pooler that gives each transaction another session', () => {
    let pooler: Running
    let port: number

    before(async () => {
      port = await freePort()
      const { host, port: to, user, password } = postgresql.settingsOf('postgres')
      const folder = join(scratch.path, 'pgbouncer')
      mkdirSync(folder, { mode: 0o755 })
      writeFileSync(join(folder, 'users'), `"${user}" "${password ?? ''}"\n`)
      writeFileSync(
        join(folder, 'ini'),
        `[databases]\n* = host=${host} port=${to}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}
auth_type = plain\nauth_file = ${join(folder, 'users')}\npool_mode = transaction\nunix_socket_dir =\n`,
      )
      chmodSync(scratch.path, 0o755)
      const as = ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups']
      pooler = start(
        'setpriv',
        [...as, '/usr/sbin/pgbouncer', join(folder, 'ini')],
        join(scratch.path, 'pgbouncer.log'),
      )
      await untilReady(
        'PgBouncer',
        pooler,
        () =>
          new PostgresqlClaims({ ...postgresql.settingsOf('postgres'), port }).list().then(
            () => true,
            () => false,
          ),
        60_000,
      )
    })
    after(() => pooler?.stop())

    claimTableContract(async () => {
      const settings = await postgresql.create()
      return claimsIn({ ...settings, port }, settings.database)
    }, 3)
  })

  it('are had by one, or by nobody, wherever a connection breaks in the middle of a claim', async () => {
    const settings = await postgresql.create()
    const direct = new PostgresqlClaims(settings)
    const proxy = await CuttingProxy.start(postgresql.port)
    const through = new PostgresqlClaims({ ...settings, port: proxy.port })
    const request = (run: string) => ({
      run,
      token: run,
      feature: 'f',
      fleet: 'f',
      hosts: ['web1'],
      user: 'u',
      machine: 'm',
      pid: 1,
      place: null,
      start: '',
      isHad: false,
      takes: [],
    })
    await direct.list()
    try {
      let granted = 0
      for (let at = 0, isThrough = false; !isThrough; at += 1)
        for (const fate of ['cut before', 'cut after'] satisfies Fate[]) {
          let messages = 0
          let cuts = 0
          proxy.fateOf = () => (messages++ === at ? fate : 'on')
          proxy.onCut = () => (cuts += 1)
          const run = `r${at} ${fate}`
          const answer = await through.claim(request(run)).catch((error: Error) => error)
          proxy.fateOf = () => 'on'
          isThrough = cuts === 0
          const rows = await direct.list()
          if (answer instanceof Error) expect(rows).to.deep.equal([])
          else expect([answer.others, rows.map((row) => row.run)]).to.deep.equal([[], [run]])
          if (!(answer instanceof Error)) granted += 1
          await direct.remove(run, run)
        }
      // The one call whose answer is lost, and the one that breaks before it is done, are made again.
      expect(granted).to.be.at.least(3)
    } finally {
      await proxy.stop()
    }
  })

  it('are refused in a copy that follows, and of another version, and to a user who may not take them', async () => {
    const settings = await postgresql.create()
    const claims = new PostgresqlClaims(settings)
    await claims.prove()
    expect(await claims.list()).to.deep.equal([])
    await postgresql.query(
      settings.database,
      `CREATE ROLE reader LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA lockstep_locks TO reader;
       GRANT SELECT ON ALL TABLES IN SCHEMA lockstep_locks TO reader`,
    )
    const reader = new PostgresqlClaims({ ...settings, user: 'reader', password: 'x' })
    expect(await reader.list()).to.deep.equal([])
    const refused = await failure(reader.prove())
    expect([refused.code, refused.message]).to.deep.equal([
      'lock-failed',
      `the shared locks in the database ${settings.database} on 127.0.0.1:${postgresql.port} cannot be used: permission denied for table about`,
    ])
    await postgresql.end()
    await postgresql.beginAsReplica()
    expect((await failure(claims.prove())).message).to.match(/is a copy that follows another database/)
    await postgresql.end()
    await postgresql.begin()
    await postgresql.query(settings.database, 'UPDATE lockstep_locks.about SET version = 2')
    expect((await failure(claims.prove())).message).to.match(
      /has version 2 of the locks, and this Lockstep knows 1/,
    )
  })

  describe('of rollouts from two control hosts', () => {
    it('let one of two that begin at once move hosts, and tell the other who it is', async () => {
      const two = await TwoControlHosts.prepare(postgresql)
      try {
        const ended = await Promise.all([two.run('a'), two.run('b')])
        const codes = ended.map(({ exitCode }) => exitCode)
        expect(
          codes.toSorted((one, other) => Number(one) - Number(other)),
          ended.map(({ stdout }) => stdout).join('\n'),
        ).to.deep.equal([0, 6])
        const [winner, loser] = codes[0] === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const)
        const said = ended[codes.indexOf(6)]?.stdout.replace(/\s+/g, ' ') ?? ''
        expect(said).to.match(
          /another rollout has hosts of this one: .* by run \S+ of .*rolling\.feature \(\S+ on \S+, pid \d+\) since \d{4}-/,
        )
        expect(said).to.include(`by run ${two.runOf(winner)} of`)
        expect(two.changesOf(loser)).to.deep.equal([])
        expect(two.changesOf(winner)).not.to.deep.equal([])
        expect((await two.ask('b', 'status')).stdout).not.to.include('Locked')
      } finally {
        await two.stop()
      }
    })

    it('are not had while the database is away, and nothing that only reads needs them', async () => {
      const two = await TwoControlHosts.prepare(postgresql)
      try {
        two.proxyOf('a').fateOf = () => 'cut before'
        const refused = await two.run('a')
        expect(refused.exitCode, refused.stdout).to.equal(6)
        expect(refused.stdout.replace(/\s+/g, ' ')).to.match(
          /the shared locks in the database \S+ on \S+ cannot be used/,
        )
        expect(two.changesOf('a')).to.deep.equal([])
        const planned = await two.run('a', 'rolling.feature', { profile: 'plan' })
        expect(planned.exitCode, planned.stdout).to.equal(0)
        const linted = await two.ask('a', 'lint', 'rolling.feature')
        expect(linted.exitCode, linted.stdout + linted.stderr).to.equal(0)
        const status = await two.ask('a', 'status')
        expect(status.stdout).to.match(/Locks are not known: the shared locks in /)
        const doctor = await two.ask('a', 'doctor')
        expect(doctor.stdout.replace(/\s+/g, ' ')).to.match(
          /locks .*the shared locks in the database .* cannot be used/,
        )
      } finally {
        await two.stop()
      }
    })

    it('survive a database that is away for a moment in mid-rollout', async () => {
      const two = await TwoControlHosts.prepare(postgresql)
      try {
        const ended = two.run('a')
        await two.live.when('"action":"update"', () => postgresql.end(), 'a')
        const refused = await two.run('b')
        expect(refused.exitCode, refused.stdout).to.equal(6)
        await postgresql.begin()
        const { exitCode, stdout } = await ended
        expect(exitCode, stdout).to.equal(0)
      } finally {
        if (!(await isUp(postgresql))) await postgresql.begin()
        await two.stop()
      }
    })

    describe('that are not renewed', () => {
      let killed: Promise<void>
      let cutOff: Promise<void>
      let away: Promise<void>

      // Each of them waits for the end of a lease: they do so side by side.
      before(() => {
        ;[killed, cutOff, away] = [ofKilled, ofCutOff, ofAway].map((act) =>
          onTwoControlHosts(postgresql, act),
        ) as [Promise<void>, Promise<void>, Promise<void>]
        for (const each of [killed, cutOff, away]) each.catch(() => {})
      })

      it('of a killed process are taken for a reason, behind the lease and not before it', () => killed)
      it('of one that is cut off stop it before another takes its hosts', () => cutOff)
      it('stop a rollout whose database stays away', () => away)
    })
  })
})

async function ofKilled(two: TwoControlHosts): Promise<void> {
  let kill: (signal: NodeJS.Signals) => void = () => {}
  const ended = two.run('a', 'rolling.feature', { onStart: (by) => (kill = by) })
  await two.live.when('"action":"update"', () => kill('SIGKILL'), 'a')
  await ended
  const run = two.runOf('a')
  const take = { env: { LOCKSTEP_TAKE_LOCK: 'it was killed' } }
  const early = await two.run('b', 'locked.feature', take)
  expect(early.exitCode, early.stdout).to.equal(6)
  expect(early.stdout.replace(/\s+/g, ' ')).to.include(`by run ${run} of`).and.not.include('has expired')
  expect((await two.ask('b', 'status')).stdout).to.match(new RegExp(`Locked: .* by run ${run} of`))
  await two.untilLapsed(run)
  const without = await two.run('b', 'locked.feature')
  expect(without.exitCode, without.stdout).to.equal(6)
  expect(without.stdout.replace(/\s+/g, ' ')).to.include('whose lease has expired')
  const late = await two.run('b', 'locked.feature', take)
  expect(late.exitCode, late.stdout).to.equal(0)
  const back = await two.ask('a', 'put-back', '--all')
  expect(back.exitCode, back.stdout + back.stderr).to.equal(0)
  expect((await two.ask('b', 'status')).stdout).not.to.include('Locked')
}

async function ofCutOff(two: TwoControlHosts): Promise<void> {
  const ended = two.run('a', 'long.feature', two.approved)
  await two.live.when('"action":"isblocked"', () => (two.proxyOf('a').fateOf = () => 'lost'), 'a')
  const run = two.runOf('a')
  const take = { env: { LOCKSTEP_TAKE_LOCK: 'it is cut off' } }
  const early = await two.run('b', 'locked.feature', take)
  expect(early.exitCode, early.stdout).to.equal(6)
  await two.untilLapsed(run)
  const taken = await two.run('b', 'locked.feature', take)
  expect(taken.exitCode, taken.stdout).to.equal(0)
  // It waited meanwhile, and does not know yet that another has had its hosts.
  two.approve(run)
  const { exitCode, stdout } = await ended
  expect(exitCode, stdout).to.equal(6)
  const said = stdout.replace(/\s+/g, ' ')
  expect(said).to.match(/the lock of run \S+ was not renewed for 60 s/)
  expect(said).to.match(/the lock could not be renewed: /)
  expect(two.changesOf('a')).to.deep.equal(['block'])
  two.proxyOf('a').fateOf = () => 'on'
  const status = await two.ask('a', 'status')
  expect(status.exitCode, status.stdout).to.equal(1)
  expect(status.stdout).to.match(/Out of rotation: 1 host/)
}

async function ofAway(two: TwoControlHosts): Promise<void> {
  const ended = two.run('a', 'long.feature', two.approved)
  await two.live.when('"action":"isblocked"', () => (two.proxyOf('a').fateOf = () => 'cut before'), 'a')
  await new Promise((resolve) => setTimeout(resolve, LEASE))
  two.approve(two.runOf('a'))
  const { exitCode, stdout } = await ended
  expect(exitCode, stdout).to.equal(6)
  expect(stdout.replace(/\s+/g, ' ')).to.match(
    /was not renewed for 60 s .*another control host may have its hosts by now/,
  )
  expect(two.changesOf('a')).to.deep.equal(['block'])
}

async function onTwoControlHosts(
  postgresql: Postgresql,
  act: (two: TwoControlHosts) => Promise<void>,
): Promise<void> {
  const two = await TwoControlHosts.prepare(postgresql)
  try {
    await act(two)
  } finally {
    await two.stop()
  }
}

async function isUp(postgresql: Postgresql): Promise<boolean> {
  return postgresql.query('postgres', 'SELECT 1').then(
    () => true,
    () => false,
  )
}

type Name = 'a' | 'b'

/** Two control hosts of one fleet. They share a database, each by a network of its own, and nothing else. */
class TwoControlHosts {
  private constructor(
    readonly live: LiveRollout,
    private readonly proxies: Record<Name, CuttingProxy>,
  ) {}

  static async prepare(postgresql: Postgresql): Promise<TwoControlHosts> {
    const live = await LiveRollout.prepare('')
    const database = await postgresql.create()
    const proxies = {
      a: await CuttingProxy.start(postgresql.port),
      b: await CuttingProxy.start(postgresql.port),
    }
    const yaml = readFileSync(join(live.scratch.path, 'lockstep.yaml'), 'utf8')
    live.scratch.write('db.key', database.password ?? '')
    for (const [name, { port }] of Object.entries(proxies))
      live.scratch.write(
        `${name}.yaml`,
        `history:
  postgresql: { host: 127.0.0.1, port: ${port}, database: ${database.database}, password: { file: db.key } }
${yaml}`,
      )
    live.scratch.write('locked.feature', featureOf(''))
    live.scratch.write(
      'long.feature',
      featureOf('    Given I wait for approval\n    When I update the package mywebapp\n'),
    )
    const profiles = JSON.stringify(join(compiledCopy(), 'cucumber.js'))
    live.scratch.write('cucumber.js', `module.exports = require(${profiles})\n`)
    return new TwoControlHosts(live, proxies)
  }

  proxyOf(name: Name): CuttingProxy {
    return this.proxies[name]
  }

  run(
    name: Name,
    feature = 'rolling.feature',
    { profile = 'live', env = {}, onStart = () => {} }: Partial<RunOptions> = {},
  ) {
    return cucumber(
      ['-p', profile, feature],
      this.live.scratch.path,
      { ...this.envOf(name), LOCKSTEP_RELEASE: '1.0', ...env },
      onStart,
    )
  }

  ask(name: Name, ...args: string[]) {
    return lockstep(args, this.live.scratch.path, this.envOf(name))
  }

  /** The options of a run that waits until it is approved. */
  get approved(): Partial<RunOptions> {
    return { env: { LOCKSTEP_APPROVAL: join(this.live.scratch.path, 'approval') } }
  }

  approve(run: string): void {
    this.live.scratch.write('approval', `${run} operator`)
  }

  /** Returns the last run of a control host. */
  runOf(name: Name): string {
    return this.journalsOf(name).at(-1)?.run ?? ''
  }

  /** Returns the orders that a control host gave to hosts, in their order. */
  changesOf(name: Name): string[] {
    return this.journalsOf(name)
      .flatMap(({ entries }) => entries)
      .flatMap((entry) => (entry.type === 'asked' && entry.mutating ? [entry.action] : []))
  }

  /** Resolves when the database takes the lease of a run for over, and the time of grace behind it too. */
  async untilLapsed(run: string): Promise<void> {
    for (;;) {
      const { stdout } = await this.ask('b', 'status', '--json')
      const { locks } = JSON.parse(stdout) as { locks: { run: string; state: string }[] }
      const lock = locks.find((each) => each.run === run)
      expect(lock, `the lock of ${run}`).not.to.equal(undefined)
      if (lock?.state === 'lease expired') return
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }

  async stop(): Promise<void> {
    await this.live.stop()
    for (const proxy of Object.values(this.proxies)) await proxy.stop()
  }

  private journalsOf(name: Name): RunJournals['journals'] {
    return readRunJournals(join(this.live.scratch.path, name, 'live')).journals
  }

  private envOf(name: Name): Record<string, string> {
    return {
      LOCKSTEP_CONFIG: `${name}.yaml`,
      LOCKSTEP_STATE: name,
      LOCKSTEP_REPORTS: `reports-${name}`,
      LOCKSTEP_LOCKS: join(this.live.scratch.path, `locks-${name}`),
    }
  }
}

interface RunOptions {
  profile: string
  env: Record<string, string>
  onStart: (kill: (signal: NodeJS.Signals) => void) => void
}

function featureOf(more: string): string {
  return `Feature: Locked
  Scenario: Locked
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with identity /^web1\\./
    When I block the load balancer
    Then traffic from the load balancer should be blocked
${more}    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
`
}
