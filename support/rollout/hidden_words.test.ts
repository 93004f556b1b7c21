import { expect } from 'chai'
import { redactorOfOthers } from '../system/redaction'
import { FakeFleet, rolloutOn } from '../testing/fake_fleet'
import { reasonOf } from '../testing/failure'
import { movedAlong, piecesOf } from '../testing/pieces'
import type { Answer } from './model/answers'

const SECRET = 'correct-horse-battery-staple'
const CUT_AT = 400

describe('what hosts answer, in a verdict', () => {
  const answering = (answer: Answer) =>
    rolloutOn(new FakeFleet(['web1'], () => answer), { ports: { redact: redactorOfOthers([SECRET]) } })

  it('is compared as it is, and shown without a secret, wherever it is cut', async () => {
    for (const said of movedAlong(SECRET, CUT_AT).slice(CUT_AT - 40)) {
      const { rollout, verdicts } = answering({ kind: 'answered', data: { said } })
      await rollout.agents.shouldAnswer('door', 'knock', {}, 'said', said)
      const { rollout: other, verdicts: failed } = answering({ kind: 'answered', data: { said } })
      await other.agents.shouldAnswer('door', 'knock', {}, 'said', 'no')
      const sentence = await reasonOf(other.agents.shouldAllAnswer())
      expect(verdicts[0]?.observations[0]?.passed).to.equal(true)
      const shown = JSON.stringify([...verdicts, ...failed]) + sentence
      expect(piecesOf(SECRET, shown)).to.deep.equal([])
    }
  })

  it('hides what others say of it', async () => {
    const { rollout, verdicts } = answering({ kind: 'failed', message: `no ${SECRET} here`, data: {} })
    rollout.addUnsolicited({ kind: 'late', host: 'web1', detail: `had ${SECRET}`, fails: true })
    await rollout.services.start('door')
    expect(verdicts[0]?.observations[0]?.seen).to.contain('no *** here')
    expect(verdicts[0]?.unexpected[0]?.detail).to.equal('had ***')
  })
})
