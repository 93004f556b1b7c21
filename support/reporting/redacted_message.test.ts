import { expect } from 'chai'
import type { Envelope } from '@cucumber/messages'
import { redactMessage } from './redacted_message'

const SECRET = 'geheim'

describe('a message of cucumber’s', () => {
  const failed = { message: SECRET, exception: { message: `no ${SECRET}`, stackTrace: `at ${SECRET}` } }
  const messages: [string, object][] = [
    ['a line', { testStepFinished: { testStepResult: { ...failed } } }],
    ['a hook', { testRunHookFinished: { result: { ...failed, exception: { ...failed.exception } } } }],
    ['an attachment', { attachment: { body: `host ${SECRET}`, contentEncoding: 'IDENTITY' } }],
  ]
  for (const [what, message] of messages)
    it(`says no secret of ${what}`, () => {
      redactMessage(message as Envelope, (text) => text.replaceAll(SECRET, '***'))
      expect(JSON.stringify(message)).to.contain('***').and.not.contain(SECRET)
    })

  it('keeps an attachment that is no text', () => {
    const message = { attachment: { body: 'Z2VoZWlt', contentEncoding: 'BASE64' } }
    redactMessage(message as unknown as Envelope, () => '***')
    expect(message.attachment.body).to.equal('Z2VoZWlt')
  })
})
