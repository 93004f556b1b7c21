import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { DatabaseSettings } from '../../config/history_setting'
import type { JournalEntry } from '../../rollout/model/journal_entry'
import { FileLog } from '../../history/file_log'
import { knownHistory } from '../../history/known_history'
import { NO_ENTRY, type HistoryLog } from '../../history/log'
import { managedBefore } from '../../history/managed_before'
import { writeHistory } from '../../history/recording'
import { isUnaltered } from '../../history/log_reading'
import { withDatabase, type DatabaseUse } from '../../postgresql/connection'
import { PostgresqlLog } from '../../history/postgresql/postgresql_log'
import { copyOf, share } from '../../history/shared_history'
import { HistoryStore } from '../../history/store'
import { LockstepError } from '../../system/errors'
import { aRecord } from '../a_record'
import { compiledCopy } from '../compiled_copy'
import { cucumber, lockstep } from '../cucumber_process'
import { BEGAN } from '../fake_fleet'
import { historyLogContract } from '../history_log_contract'
import { journalText } from '../journal_text'
import { LiveRollout } from '../live_rollout'
import { Scratch } from '../scratch'
import { makeCertificates } from './certificates'
import { CuttingProxy } from './cutting_proxy'
import { Postgresql } from './postgresql'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const { signal } = new AbortController()
const HISTORY: DatabaseUse = { what: 'the shared history', code: 'journal-failed' }

describe('A history that several control hosts share in PostgreSQL', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let postgresql: Postgresql
  let cutOff: ServeCutOff

  before(async function () {
    if (process.getuid?.() !== 0) this.skip()
    scratch = new Scratch()
    makeCertificates(scratch)
    const [cert, key] = ['server.pem', 'server.key'].map((name) => readFileSync(join(scratch.path, name)))
    postgresql = await Postgresql.start({ cert, key })
    cutOff = await ServeCutOff.start(postgresql)
  })
  after(async () => {
    await cutOff?.stop()
    await postgresql?.remove()
    scratch?.remove()
  })

  // It looks twice a minute: the other tests go on meanwhile.
  it('is waited for by lockstep serve, which says so', async () => {
    await cutOff.until(/the shared history in .* cannot be used/)
    cutOff.mend()
  })

  describe('as a log', () => {
    let logs = 0
    const ends: AbortController[] = []
    const closed: Promise<unknown>[] = []
    const closeAll = async () => {
      for (const end of ends.splice(0)) end.abort()
      await Promise.all(closed.splice(0))
    }
    afterEach(closeAll)

    historyLogContract(async () => {
      await closeAll()
      logs += 1
      const settings = await postgresql.create()
      const open = () =>
        new Promise<HistoryLog>((resolve, reject) => {
          const end = new AbortController()
          ends.push(end)
          const over = withDatabase(settings, HISTORY, end.signal, async (statements) => {
            resolve(await PostgresqlLog.open(statements, settings))
            await new Promise((done) => end.signal.addEventListener('abort', done))
          })
          over.catch(reject)
          closed.push(over.catch(() => {}))
        })
      return { open, openCopy: () => new FileLog(join(scratch.path, `copy-${logs}`)) }
    }, 15)
  })

  describe('while a rollout is under way', () => {
    let live: LiveRollout
    let database: DatabaseSettings

    before(async () => {
      live = await LiveRollout.prepare('')
      database = await postgresql.create()
      const yaml = readFileSync(join(live.scratch.path, 'lockstep.yaml'), 'utf8')
      live.scratch.write('db.key', database.password ?? '')
      live.scratch.write('lockstep.yaml', `${historyYaml(database)}${yaml}`)
      const gate = '        Then release 1.0 should have passed in test\n'
      const rolling = readFileSync(join(live.scratch.path, 'rolling.feature'), 'utf8')
      live.scratch.write(
        'next.feature',
        rolling.replace('\n    Scenario Outline', `${gate}\n    Scenario Outline`),
      )
      const profiles = JSON.stringify(join(compiledCopy(), 'cucumber.js'))
      live.scratch.write('cucumber.js', `module.exports = require(${profiles})\n`)
    })
    after(() => live.stop())

    const on = (state: string) => ({ LOCKSTEP_STATE: state, LOCKSTEP_REPORTS: `reports-${state}` })
    const run = (state: string, feature: string, release: string, onStart = () => {}) =>
      cucumber(
        ['-p', 'live', feature],
        live.scratch.path,
        { ...on(state), LOCKSTEP_RELEASE: release },
        onStart,
      )
    const ask = (state: string, ...args: string[]) => lockstep(args, live.scratch.path, on(state))
    const runsOf = async (state: string) => {
      const { stdout, stderr } = await ask(state, 'history', '--json')
      return {
        ...(JSON.parse(stdout) as { runs: { run: string; release: string }[]; notKnown: string[] }),
        stderr,
      }
    }

    it('may stop and start, and the rollout does not care', async () => {
      const ended = run('a', 'rolling.feature', '1.0')
      await live.when('"type":"asked"', () => postgresql.end(), 'a')
      const { exitCode, stdout, stderr } = await ended
      expect(exitCode, stdout + stderr).to.equal(0)
      expect(stdout.replace(/\s+/g, ' ')).to.match(
        /noted: not everything is shared with other control hosts yet: .* cannot be used: .*ECONNREFUSED/,
      )
      expect(stdout + stderr).not.to.include(database.password)
    })

    it('is said to be away by all that read it, and decides nothing then', async () => {
      const known = await runsOf('a')
      expect(known.runs).to.have.length(1)
      expect(known.notKnown.join()).to.match(/only the runs that were read before are known here/)
      expect(known.stderr).to.match(/Not everything is known: .*ECONNREFUSED/)
      const drift = await ask('a', 'drift', '--release', '1.0')
      expect(drift.exitCode, drift.stdout).to.equal(3)
      expect(drift.stdout).to.match(/^DRIFT UNKNOWN: .*the database .* cannot be used/)
      const back = await ask('a', 'rollback', '1.0')
      expect(back.exitCode, back.stderr).to.equal(6)
      const gated = await run('a', 'next.feature', '1.1')
      expect(gated.exitCode, gated.stdout).to.equal(6)
      expect(gated.stdout.replace(/\s+/g, ' ')).to.include(
        'nothing can be said of a release: the shared history',
      )
    })

    it('has all once it is there again, on both control hosts, and once', async () => {
      await postgresql.begin()
      const before = await runsOf('b')
      expect(before.runs).to.deep.equal([])
      const again = await ask('a', 'history', '--import')
      expect(again.stdout).to.equal('2 runs were brought in; 0 runs were there already.')
      const twice = await ask('a', 'history', '--import')
      expect(twice.stdout).to.equal('0 runs were brought in; 2 runs were there already.')
      const [a, b] = [await runsOf('a'), await runsOf('b')]
      expect(b.runs).to.deep.equal(a.runs)
      expect(b.runs.map(({ release }) => release)).to.deep.equal(['1.0', '1.1'])
      expect([...a.notKnown, ...b.notKnown]).to.deep.equal([])
    })

    it('lets another control host pass a gate and look for drift, by what the first has done', async () => {
      const gated = await run('b', 'next.feature', '1.1')
      expect(gated.exitCode, gated.stdout).to.equal(0)
      expect(gated.stdout.replace(/\s+/g, ' ')).to.include('release 1.0 passed in test on')
      const drift = await ask('b', 'drift', '--release', '1.0')
      expect(drift.stdout, drift.stderr).to.match(/^DRIFT OK: release 1.0 in test still passes/)
      const [a, b] = [await runsOf('a'), await runsOf('b')]
      expect(a.runs).to.have.length(3)
      expect(a.runs).to.deep.equal(b.runs)
    })
  })

  it('survives a shipper that is killed before and after any message to the database', async () => {
    const database = await postgresql.create()
    const proxy = await CuttingProxy.start(postgresql.port)
    const folder = new Scratch()
    try {
      folder.write('db.key', database.password ?? '')
      folder.write('lockstep.yaml', `${historyYaml({ ...database, port: proxy.port })}environments: {}\n`)
      writeRuns(join(folder.path, 'a', 'history'), folder, ['one', 'two', 'three'])
      let kills = 0
      for (let at = 0, isThrough = false; !isThrough; at += 1)
        for (const fate of ['cut before', 'cut after'] as const) {
          let messages = 0
          let kill: (signal: NodeJS.Signals) => void = () => {}
          proxy.fateOf = () => (messages++ === at ? fate : 'on')
          proxy.onCut = () => {
            kills += 1
            kill('SIGKILL')
          }
          const killed = kills
          const { exitCode, stderr } = await lockstep(
            ['history', '--import'],
            folder.path,
            { LOCKSTEP_STATE: 'a' },
            (by) => (kill = by),
          )
          isThrough = kills === killed
          if (isThrough) expect(exitCode, stderr).to.equal(0)
        }
      expect(kills).to.be.above(10)
      proxy.fateOf = () => 'on'
      const runs = await expectSound(database, postgresql)
      expect(runs.sort()).to.deep.equal(['one', 'three', 'two'])
    } finally {
      await proxy.stop()
      folder.remove()
    }
  })

  it('comes to one history where two control hosts write it through a network that is cut again and again', async () => {
    const database = await postgresql.create()
    const hosts = ['a', 'b']
    const folder = new Scratch()
    const proxies = await Promise.all(hosts.map(() => CuttingProxy.start(postgresql.port)))
    try {
      const works = hosts.map(async (host, index) => {
        const proxy = proxies[index] ?? expect.fail('no proxy')
        const places = placesOf(folder, host, { ...database, port: proxy.port })
        let failures = 0
        for (let round = 0; round < 25; round += 1) {
          writeRuns(places.history, folder, [`${host}-${round}`])
          let left = round % 5 === 4 ? Infinity : 8 + ((round * 7) % 23)
          proxy.fateOf = () => (left-- > 0 ? 'on' : round % 2 === 0 ? 'cut before' : 'cut after')
          try {
            await share(places, 'both', signal)
          } catch (error) {
            if (!(error instanceof LockstepError)) throw error
            failures += 1
          }
        }
        proxy.fateOf = () => 'on'
        return failures
      })
      const failures = await Promise.all(works)
      expect(Math.min(...failures)).to.be.above(5)
      for (const host of [...hosts, ...hosts]) await share(placesOf(folder, host, database), 'both', signal)
      const runs = await expectSound(database, postgresql)
      expect(runs).to.have.length(50)
      const seen = hosts.map((host) => {
        const places = placesOf(folder, host, database)
        return knownHistory(places.history, copyOf(places), { notKnown: undefined, faults: [] }).all()
      })
      expect(seen[0]?.runs).to.have.length(50)
      expect(seen[0]).to.deep.equal(seen[1])
    } finally {
      for (const proxy of proxies) await proxy.stop()
      folder.remove()
    }
  })

  it('tells another control host what puppet managed: thousands of resources, and odd names', async () => {
    const database = await postgresql.create()
    const folder = new Scratch()
    try {
      const resources = Array.from({ length: 20_000 }, (_, index) => `File[/é 'a' "b"\n${index}]`)
      const managed: JournalEntry = {
        type: 'puppet managed',
        run: 'r',
        versions: { '1.0 aaaa': ['web1'] },
        digests: { d: ['web1'] },
        shares: [{ resources, hosts: ['web1'] }],
        unknown: {},
      }
      const entries: object[] = [
        { type: 'journal', version: 1 },
        { ...BEGAN, environment: 'e', release: '1.0' },
        { type: 'roll call', hosts: ['web1'] },
        managed,
        { type: 'rollouts ended', passed: true, reason: '' },
      ]
      const lines = entries.map((entry) => JSON.stringify({ at: '2026-11-01T01:00:00.000Z', ...entry }))
      const journal = folder.write('live/20261101-000000-ab01.journal.ndjson', journalText(...lines))
      const [a, b] = ['a', 'b'].map((host) => placesOf(folder, host, database))
      if (a === undefined || b === undefined) throw new Error('no places')
      writeHistory(journal, a.history)
      for (const places of [a, b]) await share(places, 'both', signal)
      const there = knownHistory(b.history, copyOf(b), { notKnown: undefined, faults: [] })
      const told = managedBefore(there, 'e', '1.0')
      expect('not' in told ? told.not : told.of('web1')).to.deep.equal(new Set(resources))
    } finally {
      folder.remove()
    }
  })

  it('is given up in time where the network says nothing any more', async () => {
    const database = await postgresql.create()
    const proxy = await CuttingProxy.start(postgresql.port)
    const folder = new Scratch()
    try {
      let left = 8
      proxy.fateOf = () => (left-- > 0 ? 'on' : 'lost')
      const places = placesOf(folder, 'a', { ...database, port: proxy.port })
      writeRuns(places.history, folder, ['one'])
      const failure = await share(places, 'both', AbortSignal.timeout(1_500)).catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(LockstepError)
      expect((failure as Error).message).to.match(/it did not answer in time/)
    } finally {
      await proxy.stop()
      folder.remove()
    }
  })

  it('is not taken from a database that was set back or replaced, until a person says so', async () => {
    const database = await postgresql.create()
    const folder = new Scratch()
    try {
      const [a, b] = ['a', 'b'].map((host) => placesOf(folder, host, database))
      if (a === undefined || b === undefined) throw new Error('no places')
      writeRuns(a.history, folder, ['one'])
      writeRuns(b.history, folder, ['two'])
      for (const places of [a, b, a]) await share(places, 'both', signal)
      await postgresql.query('postgres', `DROP DATABASE ${database.database}`)
      await postgresql.query('postgres', `CREATE DATABASE ${database.database}`)
      const failure = await share(a, 'ship', signal).catch((error: unknown) => error)
      expect((failure as Error).message).to.match(/is not the one .*: .*lockstep\S* history --import/)
      expect(await share(a, 'import', signal)).to.include({ appended: 1 })
      expect(await share(b, 'import', signal)).to.include({ appended: 1 })
      await share(a, 'both', signal)
      expect((await expectSound(database, postgresql)).sort()).to.deep.equal(['one', 'two'])
      // The same database, without its last entry.
      await postgresql.query(
        database.database,
        `ALTER TABLE lockstep_history.entry DISABLE TRIGGER ALL; DELETE FROM lockstep_history.entry WHERE sequence = 2;
         ALTER TABLE lockstep_history.entry ENABLE TRIGGER ALL`,
      )
      const back = await share(a, 'both', signal).catch((error: unknown) => error)
      expect((back as Error).message).to.match(/the database was set back/)
      for (const places of [a, b, a]) await share(places, 'import', signal)
      expect((await expectSound(database, postgresql)).sort()).to.deep.equal(['one', 'two'])
    } finally {
      folder.remove()
    }
  })

  it('is not taken from another database under another address either, but from its own under a new one', async () => {
    const [database, other] = [await postgresql.create(), await postgresql.create()]
    const folder = new Scratch()
    try {
      const places = placesOf(folder, 'a', database)
      writeRuns(places.history, folder, ['one'])
      await share(places, 'both', signal)
      const elsewhere = placesOf(folder, 'a', other)
      for (const how of ['both', 'ship'] as const) {
        const failure = await share(elsewhere, how, signal).catch((error: unknown) => error)
        expect((failure as Error).message).to.match(/is not the one that this control host has shared with/)
      }
      await share(placesOf(folder, 'a', { ...database, host: 'localhost' }), 'both', signal)
      expect(await share(elsewhere, 'import', signal)).to.include({ appended: 1 })
      for (const each of [places, elsewhere]) await share(each, 'both', signal)
    } finally {
      folder.remove()
    }
  })

  it('says which records it cannot bring in, since they are damaged', async () => {
    const database = await postgresql.create()
    const folder = new Scratch()
    try {
      const places = placesOf(folder, 'a', database)
      writeRuns(places.history, folder, ['one', '20261121-080000-abcd'])
      const { record } = new HistoryStore(places.history).evidenceOf({
        ...aRecord(),
        run: '20261121-080000-abcd',
      })
      writeFileSync(record, '{')
      for (const how of ['import', 'ship'] as const) {
        const { faults } = await share(places, how, signal)
        expect(faults.join()).to.match(
          /abcd.json is no history .* not shared; .*--write 20261121-080000-abcd/,
        )
      }
      expect(await expectSound(database, postgresql)).to.deep.equal(['one'])
    } finally {
      folder.remove()
    }
  })

  it('keeps its copy where the network is cut while a person takes the database as it is', async () => {
    const database = await postgresql.create()
    const proxy = await CuttingProxy.start(postgresql.port)
    const folder = new Scratch()
    try {
      const places = placesOf(folder, 'a', { ...database, port: proxy.port })
      writeRuns(places.history, folder, ['one'])
      await share(places, 'both', signal)
      let cuts = 0
      for (let at = 0; cuts === at; at += 1) {
        let messages = 0
        proxy.fateOf = () => (messages++ === at ? 'cut before' : 'on')
        cuts += await share(places, 'import', signal).then(
          () => 0,
          () => 1,
        )
      }
      expect(cuts).to.be.above(5)
      expect(readdirSync(places.shared).filter((name) => name.includes('set-aside'))).to.deep.equal([])
    } finally {
      await proxy.stop()
      folder.remove()
    }
  })

  it('refuses changes, newer tables, other encodings, and a password that is wrong without showing it', async () => {
    const folder = new Scratch()
    const failureOf = async (database: DatabaseSettings) =>
      String(
        (
          (await share(placesOf(folder, database.database, database), 'both', signal).catch(
            (error: unknown) => error,
          )) as Error | undefined
        )?.message,
      )
    try {
      const database = await postgresql.create()
      writeRuns(placesOf(folder, database.database, database).history, folder, ['one'])
      expect(await failureOf(database)).to.equal('undefined')
      for (const text of [
        'DELETE FROM lockstep_history.entry',
        "UPDATE lockstep_history.journal SET run = 'x'",
        'TRUNCATE lockstep_history.entry',
      ]) {
        const refused = await postgresql.query(database.database, text).catch((error: unknown) => error)
        expect((refused as Error).message).to.equal('a shared history is only appended to')
      }
      const wrong = await failureOf({ ...database, password: 'a-wrong-password' })
      expect(wrong).to.match(/password authentication failed/)
      expect(wrong).not.to.include('a-wrong-password')
      await postgresql.query(database.database, 'UPDATE lockstep_history.about SET version = 2')
      expect(await failureOf(database)).to.match(/has version 2 of the history, and this Lockstep knows 1/)
      const latin = await postgresql.create(
        "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
      )
      expect(await failureOf(latin)).to.match(/has the encoding LATIN1; create one with ENCODING 'UTF8'/)
    } finally {
      folder.remove()
    }
  })

  it('is not read from a replica, which may not have what another control host has shipped', async () => {
    const database = await postgresql.create()
    const folder = new Scratch()
    try {
      const places = placesOf(folder, 'a', database)
      await share(places, 'both', signal)
      await postgresql.end()
      await postgresql.beginAsReplica()
      const refused = await share(places, 'both', signal).catch((error: unknown) => error)
      expect((refused as Error).message).to.match(/is a copy that follows another database/)
      await postgresql.end()
      await postgresql.begin()
      await share(places, 'both', signal)
    } finally {
      folder.remove()
    }
  })

  it('needs the documented rights, and is not read in part by a user from whom rows are hidden', async () => {
    const database = await postgresql.create()
    const folder = new Scratch()
    const admin = (text: string) => postgresql.query(database.database, text)
    try {
      await share(placesOf(folder, 'owner', database), 'both', signal)
      await admin(`CREATE ROLE clerk LOGIN PASSWORD 'of-the-clerk'`)
      const clerk = placesOf(folder, 'a', { ...database, user: 'clerk', password: 'of-the-clerk' })
      const failureOf = async () =>
        (await share(clerk, 'both', signal).then(
          () => ({ message: 'none' }),
          (error: unknown) => error,
        )) as Error
      writeRuns(clerk.history, folder, ['one'])
      expect((await failureOf()).message).to.match(/permission denied/)
      await admin('GRANT USAGE ON SCHEMA lockstep_history TO clerk')
      await admin('GRANT SELECT ON ALL TABLES IN SCHEMA lockstep_history TO clerk')
      expect((await failureOf()).message).to.match(/permission denied for table journal/)
      await admin('GRANT INSERT ON ALL TABLES IN SCHEMA lockstep_history TO clerk')
      expect((await failureOf()).message).to.equal('none')
      await admin('ALTER TABLE lockstep_history.entry ENABLE ROW LEVEL SECURITY')
      expect((await failureOf()).message).to.match(/would be affected by row-level security/)
    } finally {
      folder.remove()
    }
  })

  it('is encrypted where that is wanted, and the server is checked', async () => {
    const database = await postgresql.create()
    const folder = new Scratch()
    try {
      const ca = readFileSync(join(scratch.path, 'ca.pem'), 'utf8')
      const places = (tls: DatabaseSettings['tls']) => placesOf(folder, 'a', { ...database, tls })
      await share(places({ ca: [ca] }), 'both', signal)
      const failure = await share(places({}), 'both', signal).catch((error: unknown) => error)
      expect((failure as Error).message).to.match(/certificate/)
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      try {
        process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
        const unchecked = await share(places({}), 'both', signal).catch((error: unknown) => error)
        expect((unchecked as Error).message).to.match(/certificate/)
      } finally {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
      }
    } finally {
      folder.remove()
    }
  })

  it('gets from lockstep serve what could not be shared before', async () => {
    await cutOff.until(/the history is shared again/)
    expect((await expectSound(cutOff.database, postgresql)).sort()).to.deep.equal(['one', 'two'])
    expect(cutOff.read()).not.to.include(cutOff.database.password)
  })
})

function placesOf(folder: Scratch, host: string, database: DatabaseSettings) {
  return { history: join(folder.path, host, 'history'), shared: join(folder.path, host, 'shared'), database }
}

/** A `lockstep serve` that finds the database away until the road to it is mended. */
class ServeCutOff {
  private constructor(
    readonly database: DatabaseSettings,
    private readonly folder: Scratch,
    private readonly proxy: CuttingProxy,
    private readonly serving: Running,
  ) {}

  static async start(postgresql: Postgresql): Promise<ServeCutOff> {
    const database = await postgresql.create()
    const proxy = await CuttingProxy.start(postgresql.port)
    proxy.fateOf = () => 'cut before'
    const folder = new Scratch()
    folder.write('db.key', database.password ?? '')
    const pipeline = `pipeline:
  listen: { port: ${await freePort()} }
  spool: spool
  repositories: { website: { url: /srv/git/website.git, branches: [main], trigger: [hook] } }
`
    const yaml = historyYaml({ ...database, port: proxy.port })
    folder.write('lockstep.yaml', `${yaml}${pipeline}environments: {}\n`)
    writeRuns(join(folder.path, 'a', 'history'), folder, ['one', 'two'])
    const args = ['serve', '--config', join(folder.path, 'lockstep.yaml'), '--state', join(folder.path, 'a')]
    const serving = start(process.execPath, [LOCKSTEP, ...args], join(folder.path, 'log'))
    return new ServeCutOff(database, folder, proxy, serving)
  }

  read(): string {
    return readFileSync(join(this.folder.path, 'log'), 'utf8')
  }

  async until(said: RegExp): Promise<void> {
    await untilReady(String(said), this.serving, async () => said.test(this.read()), 120_000)
  }

  mend(): void {
    this.proxy.fateOf = () => 'on'
  }

  async stop(): Promise<void> {
    await this.serving.stop()
    await this.proxy.stop()
    this.folder.remove()
  }
}

function historyYaml({ port, database }: DatabaseSettings): string {
  return `history:
  postgresql: { host: 127.0.0.1, port: ${port}, database: ${database}, user: lockstep, password: { file: db.key } }
`
}

function writeRuns(history: string, folder: Scratch, names: readonly string[]): void {
  const store = new HistoryStore(history)
  for (const run of names) {
    const journal = folder.write(`journal-${run}`, `the journal of ${run}\n`.repeat(100))
    store.write({ ...aRecord(), run }, { feature: Buffer.from(`Feature: ${run}\n`), journal })
  }
}

/** Expects a database to have one unbroken history with whole journals. Returns its runs, in their order. */
async function expectSound(database: DatabaseSettings, { port }: Postgresql): Promise<string[]> {
  return withDatabase({ ...database, port }, HISTORY, signal, async (statements) => {
    const log = await PostgresqlLog.open(statements, database)
    const runs: string[] = []
    for (const environment of (await log.heads()).keys()) {
      let head = NO_ENTRY
      for (;;) {
        const entries = await log.read(environment, head.sequence)
        for (const entry of entries) {
          expect(isUnaltered(entry, head), `entry ${entry.sequence}`).to.equal(true)
          head = { sequence: entry.sequence, chain: entry.chain }
          runs.push(entry.run)
          expect(await log.journalEnd(entry.origin, entry.run)).to.equal(entry.journal?.length)
        }
        if (entries.length === 0) break
      }
    }
    return runs
  })
}
