import { expect } from 'chai'
import type { Answer } from '../rollout/model/answers'
import { MAX_CHECK_OUTPUT } from '../rollout/verbs/checks'
import { clean } from '../rollout/model/verdict'
import { redactor } from '../system/redaction'
import { redactAnswers, redactUnexpected } from './redacted_replies'

const SECRET = 'correct-horse-battery-staple'
const redact = redactor([SECRET])

describe('what hosts say', () => {
  it('shows no part of a secret, wherever it is cut', () => {
    const shown = (agent: string, answer: Answer) =>
      redactAnswers(agent, new Map([['web1', answer]]), redact).get('web1')
    for (let before = 0; before <= 220; before += 1) {
      const text = `${'x'.repeat(before)}${SECRET}${'y'.repeat(300)}`
      const data = { output: text, exitcode: 2 }
      const check = shown('nrpe', { kind: 'answered', data })
      const output = check?.kind === 'answered' ? String(check.data['output']) : ''
      const failed = shown('package', { kind: 'failed', message: text, data: {} })
      const untrusted = shown('package', { kind: 'untrusted', reason: text })
      const message = redactUnexpected({ kind: 'late', host: 'web1', detail: text, fails: true }, redact)
      const all = [
        clean(output).slice(0, MAX_CHECK_OUTPUT),
        failed?.kind === 'failed' ? clean(failed.message) : SECRET,
        untrusted?.kind === 'untrusted' ? clean(untrusted.reason) : SECRET,
        clean(message.detail),
      ]
      for (const line of all) expect(line).not.to.contain('corr')
    }
  })

  it('is compared as it was said', () => {
    const answer: Answer = { kind: 'answered', data: { output: SECRET } }
    expect(redactAnswers('own', new Map([['web1', answer]]), redact).get('web1')).to.deep.equal(answer)
  })
})
