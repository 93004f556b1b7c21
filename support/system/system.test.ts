import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { formatDuration, parseAge, parseDuration } from './duration'
import { JournalFile } from './journal_file'
import { redactor } from './redaction'
import { boundLog, openLog } from './log'

describe('what hosts have answered', () => {
  it('can be read only by its owner and, where the umask says so, the group', async () => {
    const scratch = new Scratch()
    const before = process.umask(0o022)
    try {
      const journal = new JournalFile(join(scratch.path, '.lockstep', 'live'), 'r', () => 0)
      await journal.append({ type: 'started' })
      await journal.close()
      openLog(join(scratch.path, '.lockstep', 'logs'), 'r', []).info('x')
      const modes = ['', 'live', join('live', 'r.journal.ndjson'), 'logs', join('logs', 'r.log')].map(
        (name) => (statSync(join(scratch.path, '.lockstep', name)).mode & 0o777).toString(8),
      )
      expect(modes).to.deep.equal(['750', '750', '640', '750', '640'])
    } finally {
      process.umask(before)
      scratch.remove()
    }
  })
})

describe('a log', () => {
  it('is bounded under any flood, and says that it leaves lines out', () => {
    const lines: string[] = []
    const log = boundLog(1_000, 'r', { write: (line) => lines.push(line) })
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

  it('leaves out what is said once it is closed', () => {
    const scratch = new Scratch()
    const log = openLog(scratch.path, 'r', [])
    log.info('before')
    log.close()
    log.close()
    log.info('after')
    const text = readFileSync(join(scratch.path, 'r.log'), 'utf8')
    scratch.remove()
    expect(text).to.contain('before').and.not.to.contain('after')
  })

  it('hides a secret also where it was put into HTML, or on one line', () => {
    const redact = redactor(['a<b & "c"\nd'])
    for (const form of ['a&#60;b &#38; &#34;c&#34; d', 'a<b & "c" d', 'a<b & "c"\nd', 'a<b & \\"c\\"\\nd'])
      expect(redact(`x ${form} y`), form).to.equal('x *** y')
  })

  it('hides a secret however it is encoded or escaped', () => {
    const secret = `p@ss w/"o'r$d+ü`
    const redact = redactor([secret])
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const forms = [
      base64(secret),
      base64(`me:${secret}`),
      base64(`you:${secret}!`),
      base64(`them:${secret}??`),
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('hex').toUpperCase(),
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll('%20', '+'),
      encodeURIComponent(secret).toLowerCase(),
      JSON.stringify({ secret }),
      `'p@ss w/"o'\\''r$d+ü'`,
      `"p@ss w/\\"o'r\\$d+ü"`,
    ]
    for (const form of forms) expect(redact(form), form).to.contain('***')
    expect(redact('nothing of it')).to.equal('nothing of it')
  })

  it('is not changed by an empty secret', () => expect(redactor([''])('abc')).to.equal('abc'))
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
  it('of a step has no days, and an age has', () => {
    expect(['30d', '12 weeks', '1 day', '2 hours'].map(parseAge)).to.deep.equal([
      2_592_000_000, 7_257_600_000, 86_400_000, 7_200_000,
    ])
    expect(parseDuration('30d')).to.equal(undefined)
  })
  it('is told shortly', () =>
    expect([350, 2_500, 180_000, 61_000].map(formatDuration)).to.deep.equal([
      '350 ms',
      '2.5 s',
      '3 min',
      '1 min 1 s',
    ]))
})
