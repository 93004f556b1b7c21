import { expect } from 'chai'
import fc from 'fast-check'
import { seen, toldRun } from '../../testing/told_run'
import { markdownTable, markdownText } from './markdown'
import { stepSummaryOf } from './step_summary'

const ROOM = 1024 * 1024

describe('Markdown', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          '|',
          '\\',
          '`',
          '*',
          '<img src=x>',
          '[a](b)',
          '\n',
          '# ',
          '- ',
          '    ',
          '&lt;',
          '@all',
          '$x$',
          ':tada:',
        ),
      )
      .map((parts) => parts.join('')),
  )

  it('shows a text to the letter, on one line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const written = markdownText(text)
        expect(written).not.to.match(/[\p{Cc}\u2028\u2029]|^\s/u)
        // Every sign that could be markup has a backslash of its own.
        expect(written.replace(/\\[!-/:-@[-`{-~]/g, '')).not.to.match(/[!-+\--/:-@[-`{-~]/)
        const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
        expect(written.replace(/\\([!-/:-@[-`{-~])/g, '$1')).to.equal(plain)
      }),
    )
  })

  it('keeps a table a table', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 5 }), (rows) => {
        const lines = markdownTable(rows).split('\n')
        expect(lines).to.have.length(rows.length + 1)
        for (const line of lines) expect(line.replace(/\\./g, '').split('|')).to.have.length(4)
      }),
    )
  })

  it('shows where hosts ended in each rehearsal', () => {
    const run = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [{ line: 4, verdict: seen({}) }] }])
    const hosts = [{ host: 'web1', ending: 'new, out of rotation' as const, unknown: true }]
    run.rehearsals.push({ fault: 'web1: lies', exitCode: 1, title: 'FAILED', hosts, failures: [] })
    expect(legible(stepSummaryOf(run, ROOM))).to.contain(
      'web1: lies: FAILED; unknown to the run (new, out of rotation): web1',
    )
  })
})

describe('the summary of a job', () => {
  const verdict = seen({ web1: 'passed', web2: '1.0', web3: 'silent' })
  const stopped = (secrets: readonly string[] = []) => {
    const run = toldRun(
      [
        {
          scenarioId: '3',
          name: 'Update',
          outcome: 'failed',
          steps: [{ line: 4, text: 'version 2', verdict }],
        },
      ],
      undefined,
      secrets,
    )
    run.outOfRotation = ['web1', 'web2', 'web3'].map((host) => ({ host, obligation: 'blocks lb' }))
    run.notAttempted = ['web4']
    run.recoveries.push({
      uri: 'x.feature',
      path: 'reports/recovery.feature',
      hosts: 2,
      isResumable: true,
      hasRoom: true,
    })
    return run
  }

  it('shows the outcome, the odd hosts, what is out of rotation, what is next, and every line with its counts', () => {
    const text = legible(stepSummaryOf(stopped(), ROOM))
    for (const said of [
      '## FAILED',
      'stopped at "version 2" (features/website.feature:4)',
      '- line 4: 1.0: web2',
      '- line 4: no answer: web3',
      '- 1 host: web4',
      '- blocks lb: 3 hosts: web[1-3]',
      '- read reports/recovery.feature',
      '| ✘ | 4 | version 2 | 3 | 1 | 1 | 1 | 0 | 0 |',
    ])
      expect(text).to.contain(said)
  })

  it('says of a rollout that passed how many hosts it passed on', () => {
    const steps = [1, 2].map((line) => ({ line, verdict: seen({ web1: 'passed' }) }))
    const text = stepSummaryOf(toldRun([{ scenarioId: '3', outcome: 'passed', steps }]), ROOM)
    expect(text).to.contain('## PASSED').and.to.contain('every line passed on 1 host')
    expect(text).to.contain('Nothing is left out of rotation.').and.not.to.contain('Hosts to look at')
  })

  it('says of features that were only read that nothing was sent', () => {
    const run = toldRun([{ scenarioId: '3', steps: [{ line: 4 }] }])
    run.journal = undefined
    expect(stepSummaryOf(run, ROOM)).to.contain('## READ').and.to.contain('Nothing was sent to any host')
  })

  it('fits, with what matters first, for any run @long', () => {
    const names = Object.fromEntries(
      Array.from({ length: 280 }, (_, index) => [`host${index * 2}`, `seen ${index}`]),
    )
    const steps = Array.from({ length: 160 }, (_, line) => ({
      line,
      text: '*'.repeat(150),
      verdict: seen(names),
    }))
    const run = toldRun([{ scenarioId: '3', outcome: 'failed', steps }])
    for (const room of [0, 100, 5_000, ROOM]) {
      const text = stepSummaryOf(run, room)
      expect(Buffer.byteLength(text)).to.be.at.most(room)
      if (room > 100) expect(text).to.contain('## FAILED').and.to.contain('the rest is in the reports')
    }
  })

  it('holds no secret', () => {
    const run = stopped(['1.0', 'version 2'])
    run.fault('saw 1.0')
    expect(legible(stepSummaryOf(run, ROOM))).not.to.match(/1\.0|version 2/)
  })
})

function legible(markdown: string): string {
  return markdown.replace(/\\([!-/:-@[-`{-~])/g, '$1')
}
