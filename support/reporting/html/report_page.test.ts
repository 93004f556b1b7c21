import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { seen, toldRun, type ToldScenario } from '../../testing/told_run'
import { LockstepError } from '../../system/errors'
import type { RunState } from '../../run/run_state'
import { pageOf } from './report_page'

const MARKUP =
  /<\/?(?:html|head|meta|title|style|body|main|header|section|h1|h2|h3|p|b|pre|code|time|dl|dt|dd|div|span|table|thead|tbody|tr|th|td|details|summary|ol|li|svg|defs|g|use|rect|text)(?: [a-z-]+="[^"<>]*"| open)*\/?>|<!DOCTYPE html>/gi

describe('the page of a run', () => {
  const page = (run: RunState) => [...pageOf(run)].join('')
  const body = (run: RunState) => page(run).replace(/^[\s\S]*<body>/, '')
  const stopped = (more: Partial<ToldScenario> = {}, secrets: readonly string[] = []) => {
    const run = toldRun(
      [
        {
          scenarioId: '5',
          name: 'The first wave',
          steps: [
            {
              line: 6,
              text: 'I block it',
              verdict: seen({ web1: 'passed', web2: 'passed', web3: 'passed' }),
            },
            {
              line: 7,
              text: 'the version should be 2',
              verdict: seen({ web1: 'passed', web2: 'version 1', web3: 'silent' }),
            },
          ],
          outcome: 'failed',
          ...more,
        },
        { scenarioId: '9', name: 'The second wave', steps: [{ line: 10, text: 'I unblock it' }] },
      ],
      undefined,
      secrets,
    )
    run.outOfRotation = [{ host: 'web2', obligation: 'is blocked' }]
    run.hostsOf = () => ['web1', 'web2', 'web3'].map((host) => ({ host, wave: 'all' }))
    run.notAttempted = ['web4']
    return run
  }

  const inOrder = (text: string, ...parts: string[]) => {
    let at = 0
    for (const part of parts) {
      const found = text.indexOf(part, at)
      expect(found, `${part} behind ${text.slice(0, at).slice(-200)}`).to.be.at.least(0)
      at = found
    }
  }

  it('shows first the outcome and where it is from, then the hosts it failed on, what is next, and who is out', () => {
    const run = stopped()
    run.mode = 'live'
    run.verdicts.forEach((verdict) => (verdict.mode = 'live'))
    const text = body(run)
    inOrder(text, '<h1>FAILED</h1>', 'features/website.feature', 'the version should be 2')
    inOrder(text, '<dt>environment</dt><dd>embedded fleet</dd>', '<dt>mode</dt><dd>live</dd>', 'me@here')
    inOrder(text, 'me@here', '<time datetime="2026-01-01T00:00:00.000Z">2026-01-01 00:00:00 UTC</time>')
    inOrder(text, '<dt>exit status</dt><dd>1</dd>', 'Failed at line 7: the version should be 2')
    inOrder(text, 'Failed at line 7', 'diverged', 'web2: version 1', 'silent', 'web3: no answer')
    inOrder(text, 'web3: no answer', 'see what is out of rotation', 'Still out of rotation: 1 host')
    inOrder(
      text,
      'is blocked: web2',
      'Not attempted',
      'web4',
      'class="matrix"',
      '<title>web3: silent</title>',
    )
    inOrder(text, '<title>web3: silent</title>', 'The first wave')
  })

  it('has a title and an icon of its own', () => {
    const text = page(stopped())
    expect(text).to.contain(
      '<title>FAILED (embedded fleet) · features/website.feature · embedded fleet</title>',
    )
    expect(text).to.match(/<link rel="icon" href="data:image\/svg\+xml,%3Csvg[^"<>]*">/)
  })

  it('counts each line, with the seconds that it took', () => {
    const text = body(stopped())
    inOrder(text, '3 passed', '1 passed · 1 diverged · 1 silent', '3 not attempted')
  })

  it('has every line with its outcome, and the hosts that failed, diverged or were silent with their reasons', () => {
    const text = body(stopped())
    expect(text).to.match(/✔<\/span>.*I block it.*3\/3 hosts/)
    expect(text).to.match(/✘<\/span>.*the version should be 2.*1\/3 hosts/)
    inOrder(text, 'The first wave', 'version 1: web2', 'silent, no answer: web3', 'passed: web1')
    expect(text).to.match(/·<\/span> The second wave.*not attempted/)
    expect(text).to.match(/·<\/span>.*I unblock it/)
  })

  it('calls no line well that failed without a verdict, or that is refused', () => {
    const run = toldRun(
      [
        {
          scenarioId: '1',
          steps: [{ line: 2, text: 'ours', fault: 'Error: no\n  at all' }],
          outcome: 'failed',
        },
      ],
      new LockstepError('bad-feature', 'one line cannot be run'),
    )
    run.remarks = [
      ...run.remarks,
      { uri: 'a.feature', line: 2, severity: 'error', message: 'unknown step: ours' },
    ]
    const text = body(run)
    inOrder(text, 'INVALID', 'one line cannot be run', 'a.feature:2: unknown step: ours')
    inOrder(text, '✘</span>', 'ours', 'Error: no\n  at all')
    expect(text).not.to.contain('✔</span>')
  })

  it('names what failed as a whole, which is no line', () => {
    const run = toldRun([{ scenarioId: '1', steps: [{ line: 2 }], outcome: 'passed' }])
    const fate = 'ends with a hook that skips it'
    run.omit({
      uri: run.plan[0]?.uri ?? '',
      scenarioId: '1',
      line: 1,
      text: 'It',
      expression: undefined,
      fate,
    })
    inOrder(body(run), 'FAILED', 'features/website.feature:1: &quot;It&quot; ends with a hook that skips it')
  })

  it('needs nothing but itself, and runs nothing', () => {
    const text = page(stopped())
    expect(text).not.to.match(/<script|\bsrc=|url\(|@import|\sstyle=|\son\w+=/i)
    expect(text.match(/href="(?!#|data:image\/svg\+xml,)/g)).to.equal(null)
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(text).to.contain(`default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'`)
  })

  it('shows words of hosts and features only as text', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '</script><script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        '\u001B[31m\u0007',
        '<!--',
        '</style>',
        '\u202E',
      ),
    )
    fc.assert(
      fc.property(hostile, hostile, hostile, (host, answer, line) => {
        const run = toldRun([
          {
            scenarioId: '1',
            name: line,
            steps: [{ line: 2, text: line, verdict: seen({ [host]: answer }), fault: answer }],
            outcome: 'failed',
          },
        ])
        run.hostsOf = () => [{ host, wave: line }]
        run.outOfRotation = [{ host, obligation: answer }]
        run.note(answer)
        const left = body(run).replace(MARKUP, '')
        expect(left).not.to.match(/[<>]/)
        expect(left).not.to.match(/[^\P{Cc}\n]|\p{Cf}/u)
      }),
      { numRuns: 40 },
    )
  })

  it('has no secret in it, whole or in part', () => {
    const run = stopped(
      {
        steps: [
          {
            line: 6,
            text: 'x',
            verdict: seen({ web1: `${'.'.repeat(1_995)}hunter2-&-more`, web2: "hunter2-&-more'" }),
            fault: 'hunter2-&-more',
          },
        ],
      },
      ['hunter2-&-more'],
    )
    expect(page(run)).not.to.contain('hunter2')
  })

  it('stays small where answers are not, and where hosts and rows are many', () => {
    const answers = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, index) => [`web${index}`, `${index} ${'x'.repeat(3_000)}`] as const),
    )
    const large = toldRun([
      {
        scenarioId: '1',
        steps: [1, 2, 3].map((line) => ({ line, verdict: seen(answers) })),
        outcome: 'failed',
      },
    ])
    large.hostsOf = () => Object.keys(answers).map((host) => ({ host, wave: undefined }))
    const pieces = [...pageOf(large)]
    expect(Math.max(...pieces.map(({ length }) => length))).to.be.below(2_000_000)
    expect(pieces.join('').length).to.be.below(5_000_000)
    const rows = Array.from({ length: 300 }, (_, row) => ({
      scenarioId: String(row),
      steps: Array.from({ length: 10 }, (_each, line) => ({
        line,
        verdict: seen({ [`web${row}`]: 'passed' }),
      })),
      outcome: 'passed' as const,
    }))
    expect(page(toldRun(rows)).length).to.be.below(1_000_000)
    const three = seen({ web1: 'passed', web2: 'passed', web3: 'passed' })
    const small = toldRun([
      { scenarioId: '1', steps: [1, 2, 3, 4].map((line) => ({ line, verdict: three })), outcome: 'passed' },
    ])
    expect(page(small).length).to.be.below(12_000)
  })
})
