import { expect } from 'chai'
import { movedAlong, piecesOf } from '../testing/pieces'
import { excerpt, redactorOfOthers, redactor } from './redaction'
import { pickReason } from './reason'

const SECRET = 'correct-horse/"battery"+staple'
const FORMS = [
  SECRET,
  Buffer.from(SECRET).toString('base64'),
  Buffer.from(SECRET).toString('hex'),
  JSON.stringify(SECRET).slice(1, -1),
  encodeURIComponent(SECRET),
]

describe('what a cut has left of a secret', () => {
  for (const form of FORMS) {
    it(`is hidden, wherever the cut falls into ${form}`, () => {
      const redact = redactor([SECRET])
      for (const text of movedAlong(form, 90)) {
        expect(piecesOf(form, redact(excerpt(text, 60)))).to.deep.equal([])
        expect(piecesOf(form, redact(`it said "${excerpt(text, 60)}" and more`))).to.deep.equal([])
        expect(piecesOf(form, redact(pickReason(`${text}${'.'.repeat(400)}\n${text}`)))).to.deep.equal([])
      }
    })
  }

  it('is hidden behind a cut as well', () => {
    const redact = redactor([SECRET])
    for (let at = 1; at < SECRET.length; at += 1)
      expect(piecesOf(SECRET, redact(`as … ${SECRET.slice(at)}, he said`))).to.deep.equal([])
  })

  it('is hidden at the ends of what others say, who leave no sign of a cut', () => {
    const redact = redactorOfOthers([SECRET])
    for (let at = 1; at < SECRET.length; at += 1) {
      expect(piecesOf(SECRET, redact(`with ${SECRET.slice(0, at)}`))).to.deep.equal([])
      expect(piecesOf(SECRET, redact(`${SECRET.slice(at)} it was`))).to.deep.equal([])
    }
    expect(redact('correct-horse-radish')).to.equal('correct-horse-radish')
  })

  it('leaves other words as they are', () => {
    const redact = redactor([SECRET])
    for (const text of ['with correct-horse', 'a … b', 'corre…', '…', '', 'so it is…'])
      expect(redact(text)).to.equal(text)
    expect(redactorOfOthers([SECRET])('')).to.equal('')
  })
})

describe('a secret in a cell of a feature', () => {
  it('is hidden as it is written there', () => {
    expect(redactor(['a!b|c\\d'])('| a!b\\|c\\\\d |')).to.equal('| *** |')
  })
})

describe('a secret of several lines', () => {
  const KEY = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n'

  it('is hidden where colours stand within it, which the screen leaves out', () => {
    const coloured = `password=\u001b[1m${SECRET.slice(0, 7)}\u001b[0m${SECRET.slice(7)} is wrong`
    expect(redactor([SECRET])(coloured)).to.equal('password=*** is wrong')
    expect(redactor([SECRET])('\u001b[31mE:\u001b[0m no secret')).to.equal('\u001b[31mE:\u001b[0m no secret')
  })

  it('is hidden where only one of its lines is printed', () => {
    expect(redactor([KEY])('E: bad line AQEFAASCBKcwggSjAgEAAoIB here')).to.equal('E: bad line *** here')
  })
})
