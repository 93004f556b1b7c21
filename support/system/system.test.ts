import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { Scratch } from '../testing/scratch'
import { formatDuration, parseDuration } from './duration'
import { JournalFile, readJournals } from './journal_file'
import { boundedTo, openLog, scrubber } from './log'

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

  it('gives back what was appended, in order', async () => {
    await written(20)
    const [read] = readJournals<{ i: number }>(scratch.path)
    expect(read?.entries.map(({ i }) => i)).to.deep.equal([...Array(20).keys()])
    expect(read?.damaged).to.equal(false)
  })

  it('drops a last line that was cut off, and says so', async () => {
    const path = await written(3)
    truncateSync(path, readFileSync(path).length - 4)
    expect(readJournals(scratch.path)[0])
      .to.deep.include({ damaged: true })
      .and.to.have.property('entries')
      .with.length(2)
  })

  it('notices any flipped byte', async () => {
    const path = await written(3)
    const whole = readFileSync(path)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (position, change) => {
        const flipped = Buffer.from(whole)
        flipped[position] = (flipped[position] ?? 0) ^ change
        writeFileSync(path, flipped)
        const [read] = readJournals<{ i: number }>(scratch.path)
        expect(read?.damaged).to.equal(true)
        read?.entries.forEach(({ i }, index) => expect(i).to.equal(index))
      }),
      { numRuns: 300 },
    )
  })

  it('of a directory that is not there is empty', () =>
    expect(readJournals(join(scratch.path, 'none'))).to.deep.equal([]))

  it('says that the disk is full', async () => {
    const journal = new JournalFile('/dev/shm', 'lockstep-full', () => 0)
    Object.assign(journal, { path: '/dev/full' })
    const failure = await journal.append({}).then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).to.equal(
      'the journal /dev/full cannot be written: the disk is full; nothing more is done without it',
    )
    await journal.close()
  })
})

describe('a log', () => {
  it('is bounded, whatever flood is told in it, and says that it leaves lines out', () => {
    const lines: string[] = []
    const log = boundedTo(1_000, 'r', { write: (line) => lines.push(line) })
    for (let each = 0; each < 10_000; each += 1) log.write(`${'x'.repeat(99)}\n`)
    expect(lines).to.have.length(10)
    expect(JSON.parse(lines.at(-1) ?? '')).to.deep.equal({
      run: 'r',
      msg: 'the log has 1000 bytes: all that follows is left out',
    })
  })

  it('never holds a secret, in whichever form it comes', () => {
    const scratch = new Scratch()
    const log = openLog(scratch.path, 'r', ['hunter2', 'a"b\\c'])
    log.info({ error: 'said hunter2', deep: { password: 'x' }, quoted: 'a"b\\c' }, 'hunter2 again')
    const text = readFileSync(join(scratch.path, 'r.log'), 'utf8')
    scratch.remove()
    expect(text).to.contain('again').and.not.to.contain('hunter2').and.not.to.contain('a\\"b')
  })

  it('hides a secret also where it was put into HTML, or on one line', () => {
    const scrub = scrubber(['a<b & "c"\nd'])
    for (const form of ['a&#60;b &#38; &#34;c&#34; d', 'a<b & "c" d', 'a<b & "c"\nd', 'a<b & \\"c\\"\\nd'])
      expect(scrub(`x ${form} y`), form).to.equal('x *** y')
  })

  it('is not changed by an empty secret', () => expect(scrubber([''])('abc')).to.equal('abc'))
})

describe('a duration', () => {
  const good: [string, number][] = [
    ['30 seconds', 30_000],
    ['1 minute', 60_000],
    ['500 ms', 500],
    ['1.5 hours', 5_400_000],
    ['2s', 2_000],
  ]
  for (const [text, ms] of good) it(`${text} is ${ms} ms`, () => expect(parseDuration(text)).to.equal(ms))
  for (const text of ['', 'soon', '0 seconds', '-1 s', '5', '1e9 s', '3 fortnights', 'NaN s']) {
    it(`is not ${JSON.stringify(text)}`, () => expect(parseDuration(text)).to.equal(undefined))
  }
  it('is told shortly', () =>
    expect([350, 2_500, 180_000, 61_000].map(formatDuration)).to.deep.equal([
      '350 ms',
      '2.5 s',
      '3 min',
      '1 min 1 s',
    ]))
})
