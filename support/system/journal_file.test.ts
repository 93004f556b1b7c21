import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { JournalFile } from './journal_file'
import { journalText } from '../testing/journal_text'
import { foreignAmongJournals, readJournal, readJournals } from './journal_reading'

const NAME = 'run-1.journal.ndjson'
const HEAD = '{"type":"journal","version":1}'
const HEADER = journalText(HEAD)
const known = (value: unknown) => ({ entry: value as { i: number } })

describe('a journal file', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  async function written(n: number): Promise<string> {
    const journal = new JournalFile(scratch.path, 'run-1', () => 0)
    await Promise.all(Array.from({ length: n }, (_, i) => journal.append({ i })))
    await journal.close()
    return journal.path
  }
  const read = () => readJournal(join(scratch.path, NAME), known)

  it('gives back what was appended, in order', async () => {
    await written(20)
    expect(read().entries.map(({ i }) => i)).to.deep.equal([...Array(20).keys()])
    expect(read().fault).to.equal(undefined)
  })

  it('has entries that do not wait for the disk in the file at once, in their place', async () => {
    const journal = new JournalFile(scratch.path, 'run-1', () => 0)
    for (let i = 0; i < 5; i += 1) {
      if (i % 2 === 0) journal.put({ i })
      else await journal.append({ i })
      expect(read().entries.map((entry) => entry.i)).to.deep.equal([...Array(i + 1).keys()])
    }
    await journal.close()
    expect(read().entries).to.have.length(5)
  })

  it('drops a last line that was cut off, and says so', async () => {
    const path = await written(3)
    truncateSync(path, readFileSync(path).length - 4)
    expect(read().entries).to.have.length(2)
    expect(read().fault?.kind).to.equal('cut off')
  })

  it('notices any flipped byte', async () => {
    const path = await written(3)
    const whole = readFileSync(path)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (position, change) => {
        const flipped = Buffer.from(whole)
        flipped[position] = (flipped[position] ?? 0) ^ change
        writeFileSync(path, flipped)
        expect(read().fault).not.to.equal(undefined)
        read().entries.forEach(({ i }, index) => expect(i).to.equal(index))
      }),
      { numRuns: 300 },
    )
  })

  it('never throws over bytes of any kind, and takes none of them for a journal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        scratch.write(NAME, Buffer.from(bytes))
        expect(read().entries).to.deep.equal([])
        expect(read().fault).not.to.equal(undefined)
      }),
      { numRuns: 300 },
    )
  })

  it('never throws over JSON of any kind with right checksums; what is no entry is said', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), fc.boolean(), (lines, hasHeader) => {
        scratch.write(NAME, journalText(...(hasHeader ? [HEAD] : []), ...lines))
        const isEntry = (json: string) => /^\s*\{/.test(json)
        const { entries, fault } = read()
        if (!hasHeader) {
          expect(fault).not.to.equal(undefined)
          return
        }
        const until = lines.findIndex((line) => !isEntry(line))
        expect(entries).to.have.length(until < 0 ? lines.length : until)
        expect(fault?.kind).to.equal(until < 0 ? undefined : 'unknown')
      }),
      { numRuns: 300 },
    )
  })

  for (const [what, content, said] of [
    ['of no bytes', '', 'is empty'],
    ['of another version', journalText('{"type":"journal","version":2}'), 'is of version 2, and this build'],
    ['without a version', journalText('{"type":"run"}'), 'does not begin with its version'],
    ['of a first line that was cut off', HEADER.slice(0, 20), 'is damaged from line 1 on'],
    ['that begins with an empty line', `\n${HEADER}`, 'does not begin with its version'],
    ['with zeros at its end', `${HEADER}${'\0'.repeat(40)}`, 'ends in the middle of a line'],
    ['with a line of JSON that is none', journalText(HEAD, '{"a":'), 'has no entry in line 2'],
  ] as const)
    it(`${what} says so`, () => {
      scratch.write(NAME, content)
      expect(read().fault?.what).to.contain(said)
    })

  it('whose entries somebody does not know says which line it is', () => {
    scratch.write(NAME, journalText(HEAD, '{"type":"a"}', '{"type":"b"}'))
    const { entries, fault } = readJournal(join(scratch.path, NAME), (entry) =>
      entry['type'] === 'a' ? { entry } : { fault: `has an entry ${String(entry['type'])}` },
    )
    expect(entries).to.have.length(1)
    expect(fault).to.deep.equal({ kind: 'unknown', what: 'has an entry b in line 3' })
  })

  const instead: [string, (path: string) => void, string][] = [
    ['a folder', (path) => mkdirSync(path), 'cannot be read: it is a folder; expected a file'],
    ['a pipe', (path) => execFileSync('mkfifo', [path]), 'cannot be read: it is a pipe; expected a file'],
    ['a link to a pipe', linkToPipe, 'cannot be read: it is a pipe; expected a file'],
    ['a device', (path) => symlinkSync('/dev/zero', path), 'cannot be read: it is a device; expected a file'],
    ['a link to nothing', (path) => symlinkSync('nothing', path), 'cannot be read: it leads nowhere'],
    ['a link to itself', (path) => symlinkSync(NAME, path), 'cannot be read: its links lead in a circle'],
  ]
  for (const [what, make, said] of instead)
    it(`in whose place there is ${what} is said to be none, and nothing waits`, () => {
      make(join(scratch.path, NAME))
      const [found, ...more] = readJournals(scratch.path, () => known)
      expect(more).to.deep.equal([])
      expect(found?.fault).to.deep.equal({ kind: 'unreadable', what: said })
    })

  it('is told from what else lies there', () => {
    scratch.write(NAME, HEADER)
    scratch.write('run-0.journal.ndjson.gz', 'x')
    expect(foreignAmongJournals(scratch.path)).to.deep.equal([join(scratch.path, 'run-0.journal.ndjson.gz')])
    expect(readJournals(scratch.path, () => known).map(({ run }) => run)).to.deep.equal(['run-1'])
  })

  it('of a directory that is not there is none', () =>
    expect(readJournals(join(scratch.path, 'none'), () => known)).to.deep.equal([]))

  it('says that the disk is full', async () => {
    const journal = new JournalFile(scratch.path, 'lockstep-full', () => 0)
    Object.assign(journal, { path: '/dev/full' })
    expect((await failure(journal.append({}))).message).to.equal(
      'the journal /dev/full cannot be written: the disk is full; nothing more is done without it',
    )
    expect(existsSync('/dev/full')).to.equal(true)
    await journal.close()
  })

  const violence: [string, (path: string) => void, RegExp][] = [
    ['removed', (path) => rmSync(path), /somebody removed it during the run; it was written again/],
    ['moved away', (path) => renameSync(path, `${path}.old`), /somebody removed it during the run/],
    ['emptied', (path) => truncateSync(path), /somebody changed it during the run: it has 0 bytes where \d+/],
    ['shortened', (path) => truncateSync(path, 70), /it has 70 bytes where \d+ were written/],
    ['written to', (path) => writeFileSync(path, 'x', { flag: 'a' }), /somebody changed it during the run/],
    ['replaced by a copy', replaceByCopy, /somebody replaced it during the run/],
  ]
  for (const [what, act, said] of violence)
    it(`that was ${what} takes no further entry`, async () => {
      const journal = new JournalFile(scratch.path, 'run-1', () => 0)
      await journal.append({ i: 0 })
      act(journal.path)
      for (const _ of ['once', 'again']) {
        const refused = await failure(journal.append({ i: 1 }))
        expect(refused.code).to.equal('journal-failed')
      }
      await journal.close()
      const other = new JournalFile(scratch.path, 'run-2', () => 0)
      await other.append({ i: 0 })
      act(other.path)
      expect((await failure(other.append({ i: 1 }))).message).to.match(said)
      await other.close()
    })

  const changed: [string, (path: string, older: string) => void][] = [
    ['shortened by whole lines', (path, older) => truncateSync(path, older.length)],
    ['shortened within a line', (path, older) => truncateSync(path, older.length + 5)],
    ['emptied', (path) => truncateSync(path)],
    ['written to', (path) => writeFileSync(path, journalText('{"i":7}'), { flag: 'a' })],
    ['replaced by an older copy', replaceByOlder],
    ['removed', (path) => rmSync(path)],
  ]
  for (const way of ['append', 'put'] as const)
    for (const [what, act] of changed)
      it(`that was ${what} before ${way} tells all that it told, or that it does not`, async () => {
        const journal = new JournalFile(scratch.path, 'run-1', () => 0)
        await journal.append({ i: 0 })
        const older = readFileSync(journal.path, 'utf8')
        await journal.append({ i: 1 })
        act(journal.path, older)
        const append = async () => journal[way]({ i: 2 })
        expect((await failure(append())).message).to.contain('during the run')
        expect((await failure(append())).message).to.contain('during the run')
        await journal.close()
        const { entries, fault } = read()
        if (fault === undefined) expect(entries.map(({ i }) => i)).to.deep.equal([0, 1])
        expect(fault === undefined).to.equal(what.startsWith('re'))
        const aside = foreignAmongJournals(scratch.path).map((path) => readFileSync(path, 'utf8'))
        expect(aside).to.deep.equal(what.startsWith('replaced') ? [older] : [])
      })

  it('whose process ends at its first entry has its version all the same', () => {
    const journal = new JournalFile(scratch.path, 'run-1', () => 0)
    journal.put({ i: 0 })
    expect(read()).to.deep.include({ entries: [{ at: new Date(0).toISOString(), i: 0 }], fault: undefined })
  })

  it('has its entries in the order of the calls, whichever of them is waited for', async () => {
    const journal = new JournalFile(scratch.path, 'run-1', () => 0)
    const under = journal.append({ i: 0 })
    journal.put({ i: 1 })
    const last = journal.append({ i: 2 })
    expect(read().entries.map(({ i }) => i)).to.deep.equal([0, 1, 2])
    await Promise.all([under, last])
    journal.put({ i: 3 })
    journal.settleNow()
    await journal.close()
    expect(read().entries.map(({ i }) => i)).to.deep.equal([0, 1, 2, 3])
  })

  it('that was closed is opened again for a last word, unless somebody removed it', async () => {
    const journal = new JournalFile(scratch.path, 'run-1', () => 0)
    await journal.append({ i: 0 })
    await journal.close()
    journal.put({ i: 1 })
    await journal.close()
    expect(read().entries.map(({ i }) => i)).to.deep.equal([0, 1])
    rmSync(journal.path)
    expect((await failure(journal.append({ i: 2 }))).message).to.contain('somebody removed it')
    expect(existsSync(journal.path)).to.equal(false)
  })

  it('that was removed with its folder is there again, with all that was in it', async () => {
    const folder = join(scratch.path, 'live')
    const journal = new JournalFile(folder, 'run-1', () => 0)
    await journal.append({ i: 0 })
    const before = readFileSync(journal.path)
    rmSync(folder, { recursive: true })
    await failure(journal.append({ i: 1 }))
    await journal.close()
    expect(readFileSync(journal.path)).to.deep.equal(before)
  })

  function linkToPipe(path: string): void {
    execFileSync('mkfifo', [join(scratch.path, 'pipe')])
    symlinkSync('pipe', path)
  }
})

function replaceByCopy(path: string): void {
  const content = readFileSync(path)
  renameSync(path, `${path}.old`)
  writeFileSync(path, content)
}

function replaceByOlder(path: string, older: string): void {
  rmSync(path)
  writeFileSync(path, older)
}
