import { expect } from 'chai'
import fc from 'fast-check'
import { followLog } from '../history/follow'
import { checksum, digestOf, headBehind, NO_ENTRY, type HistoryLog, type ShippedRecord } from '../history/log'
import { isUnaltered } from '../history/log_reading'
import { markOf, shipRecords, type LocalRecord } from '../history/ship'

/** A log under test. Each call of `open` opens the same log, as another process would. */
export interface LogUnderTest {
  open(): Promise<HistoryLog>
  /** Opens an empty log of files, as a copy. */
  openCopy(): HistoryLog
}

/** States what every log of histories does. */
export function historyLogContract(makeLog: () => Promise<LogUnderTest>, runs: number): void {
  const aRecord = (run: string, more: Partial<ShippedRecord> = {}): ShippedRecord => ({
    environment: 'production',
    origin: 'origin-1',
    run,
    revision: 0,
    record: JSON.stringify({ run }),
    feature: Buffer.from('Feature: x\n'),
    journal: null,
    ...more,
  })

  it('has one id, which is there for every process', async () => {
    const { open } = await makeLog()
    const [one, other] = [await open(), await open()]
    expect(await one.identity()).to.match(/^[0-9a-f-]{36}$/)
    expect(await other.identity()).to.equal(await one.identity())
  })

  it('appends behind the last entry of an environment, and nowhere else', async () => {
    const log = await (await makeLog()).open()
    const first = aRecord('a')
    expect(await log.append(first, NO_ENTRY)).to.equal(true)
    const head = headBehind(first, NO_ENTRY)
    expect(await log.append(aRecord('b'), NO_ENTRY)).to.equal(false)
    expect(await log.append(aRecord('b'), { sequence: 2, chain: head.chain })).to.equal(false)
    expect(await log.append(aRecord('b'), { ...head, chain: 'another' })).to.equal(false)
    expect(await log.append(aRecord('b'), head)).to.equal(true)
    expect(await log.append(aRecord('c', { environment: 'test' }), NO_ENTRY)).to.equal(true)
    const heads = [...(await log.heads())].map(([name, { sequence }]) => [name, sequence])
    expect(heads).to.have.deep.members([
      ['production', 2],
      ['test', 1],
    ])
    expect((await log.read('production', 0)).map(({ run }) => run)).to.deep.equal(['a', 'b'])
    expect((await log.read('production', 1)).map(({ run }) => run)).to.deep.equal(['b'])
    expect(await log.read('production', 2)).to.deep.equal([])
    expect(await log.read('staging', 0)).to.deep.equal([])
  })

  it('takes each revision of a run once', async () => {
    const log = await (await makeLog()).open()
    const first = aRecord('a')
    expect(await log.append(first, NO_ENTRY)).to.equal(true)
    expect(await log.append(first, headBehind(first, NO_ENTRY))).to.equal(false)
    expect(await log.append({ ...first, environment: 'test' }, NO_ENTRY)).to.equal(false)
    const again = { ...first, revision: 1, record: '{"again":true}' }
    expect(await log.append(again, headBehind(first, NO_ENTRY))).to.equal(true)
    expect([...(await log.lastOf('origin-1'))]).to.deep.equal([
      ['a', { revision: 1, digest: digestOf(again) }],
    ])
    expect([...(await log.lastOf('origin-2'))]).to.deep.equal([])
  })

  it('gives hostile names and texts back as they were', async () => {
    const log = await (await makeLog()).open()
    const names = [
      '\0',
      'a\0b',
      '\\u0000',
      '\uD83D',
      "'; DROP TABLE x; --",
      '../..',
      'é',
      'e\u0301',
      ' ',
      '\u202E',
    ]
    for (const name of names) {
      const odd = aRecord(name, {
        environment: name,
        origin: name,
        record: JSON.stringify({ name, more: '\0\uDE00' }),
        feature: Buffer.from([0, 255, 10]),
        journal: { length: 3, sha256: 'x' },
      })
      expect(await log.append(odd, NO_ENTRY), JSON.stringify(name)).to.equal(true)
      const [entry] = await log.read(name, 0)
      expect(entry).to.deep.equal({ ...odd, ...headBehind(odd, NO_ENTRY) })
      expect(await log.appendJournal(name, name, 0, Buffer.from([0, 1, 255]))).to.equal(true)
      expect(await log.readJournal(name, name, 0)).to.deep.equal(Buffer.from([0, 1, 255]))
    }
    expect([...(await log.heads()).keys()]).to.have.members(names)
  })

  it('appends to a journal at its end, and nowhere else', async () => {
    const log = await (await makeLog()).open()
    const append = (start: number, text: string) => log.appendJournal('o', 'r', start, Buffer.from(text))
    expect(await log.journalEnd('o', 'r')).to.equal(0)
    expect(await append(1, 'x')).to.equal(false)
    expect(await append(0, '')).to.equal(false)
    expect(await append(0, 'one ')).to.equal(true)
    expect(await append(0, 'one ')).to.equal(false)
    expect(await append(2, 'x')).to.equal(false)
    expect(await append(4, 'two')).to.equal(true)
    expect(await log.journalEnd('o', 'r')).to.equal(7)
    expect(await log.journalEnd('o', 'other')).to.equal(0)
    expect((await log.readJournal('o', 'r', 4))?.toString()).to.equal('two')
    expect(await log.readJournal('o', 'r', 7)).to.equal(undefined)
  })

  it('gives one place to one of many that want it', async () => {
    const { open } = await makeLog()
    const logs = await Promise.all(Array.from({ length: 4 }, open))
    const taken = await Promise.all(
      logs.map((log, index) => log.append(aRecord(`r${index}`, { origin: `o${index}` }), NO_ENTRY)),
    )
    expect(taken.filter(Boolean)).to.have.length(1)
    const pieces = await Promise.all(
      logs.map((log, index) => log.appendJournal('o', 'r', 0, Buffer.from('x'.repeat(index + 1)))),
    )
    expect(pieces.filter(Boolean)).to.have.length(1)
  })

  it('loses and doubles nothing, in any order of calls, crashes and outages', async () => {
    const control = fc.record({
      origin: fc.constantFrom('o1', 'o2'),
      runs: fc.array(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c', 'd'),
          size: fc.nat(3),
          environment: fc.constantFrom('test', 'live'),
        }),
        { maxLength: 4 },
      ),
      fails: fc.array(fc.constantFrom('no', 'no', 'before', 'after'), { maxLength: 30 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(control, { minLength: 1, maxLength: 4 }),
        fc.scheduler(),
        async (controls, scheduler) => {
          const { open, openCopy } = await makeLog()
          // The same run of the same state folder is the same record, whichever process ships it.
          const wanted = new Map<string, LocalRecord[]>()
          const seen = new Map<string, LocalRecord>()
          for (const { origin, runs } of controls)
            for (const { name, size, environment } of runs) {
              const key = `${origin} ${name}`
              if (seen.has(key)) continue
              const local = aLocalRecord(origin, name, size, environment)
              seen.set(key, local)
              wanted.set(origin, [...(wanted.get(origin) ?? []), local])
            }
          const tries = controls.map(async ({ origin, fails }) => {
            const log = faulty(await open(), [...fails], (act) =>
              scheduler.schedule(Promise.resolve()).then(act),
            )
            try {
              await shipRecords(log, origin, wanted.get(origin) ?? [])
            } catch (error) {
              if ((error as Error).message !== CUT) throw error
            }
          })
          await scheduler.waitFor(Promise.all(tries))
          const log = await open()
          for (const [origin, records] of wanted) await shipRecords(log, origin, records)
          for (const [origin, records] of wanted) {
            const { appended, known } = await shipRecords(log, origin, records)
            expect({ appended, known }).to.deep.equal({ appended: 0, known: records.length })
          }
          const shipped: string[] = []
          for (const environment of (await log.heads()).keys()) {
            let head = NO_ENTRY
            for (const entry of await log.read(environment, 0)) {
              expect(isUnaltered(entry, head)).to.equal(true)
              head = { sequence: entry.sequence, chain: entry.chain }
              shipped.push(`${entry.origin} ${entry.run}`)
              expect(seen.get(`${entry.origin} ${entry.run}`)?.digest).to.equal(digestOf(entry))
              const bytes = await readJournal(log, entry.origin, entry.run)
              expect(checksum(bytes)).to.equal(entry.journal?.sha256)
            }
          }
          expect(shipped.sort()).to.deep.equal([...seen.keys()].sort())
          // A copy that is cut again and again comes to the same.
          const copy = openCopy()
          for (let cut = 0; cut < 40; cut += 7)
            await followLog(faulty(log, [...Array.from({ length: cut }, () => 'no'), 'after']), copy).catch(
              ignoreCut,
            )
          await followLog(log, copy)
          expect(new Map(await copy.heads())).to.deep.equal(new Map(await log.heads()))
          for (const environment of (await log.heads()).keys())
            expect(await copy.read(environment, 0)).to.deep.equal(await log.read(environment, 0))
        },
      ),
      { numRuns: runs },
    )
  })
}

const CUT = 'cut off'

function ignoreCut(error: unknown): void {
  if ((error as Error).message !== CUT) throw error
}

function aLocalRecord(origin: string, run: string, size: number, environment: string): LocalRecord {
  const journal = Buffer.from(`${origin} ${run} `.repeat(size + 1))
  const record = {
    environment,
    origin,
    run,
    record: JSON.stringify({ run, size }),
    feature: null,
    journal: markOf(journal),
  }
  return { run, digest: digestOf(record), load: () => ({ record, journal }) }
}

async function readJournal(log: HistoryLog, origin: string, run: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  let at = 0
  for (let piece: Buffer | undefined; (piece = await log.readJournal(origin, run, at)) !== undefined;) {
    pieces.push(piece)
    at += piece.length
  }
  return Buffer.concat(pieces)
}

/** Returns a log whose calls fail: before they reach it, or after, so that nobody hears that they were done. */
function faulty(
  log: HistoryLog,
  fails: string[],
  inTurn: (act: () => Promise<unknown>) => Promise<unknown> = (act) => act(),
): HistoryLog {
  return new Proxy(log, {
    get: (_, name: keyof HistoryLog) => {
      return (...args: unknown[]) =>
        inTurn(async () => {
          const fate = fails.shift()
          if (fate === 'before') throw new Error(CUT)
          const result: unknown = await (log[name] as (...given: unknown[]) => Promise<unknown>).apply(
            log,
            args,
          )
          if (fate === 'after') throw new Error(CUT)
          return result
        })
    },
  })
}
