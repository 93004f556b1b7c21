import { expect } from 'chai'
import { movedAlong, piecesOf } from '../testing/pieces'
import { excerpt, saidScrubber, scrubber } from './hiding'
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
      const hide = scrubber([SECRET])
      for (const text of movedAlong(form, 90)) {
        expect(piecesOf(form, hide(excerpt(text, 60)))).to.deep.equal([])
        expect(piecesOf(form, hide(`it said "${excerpt(text, 60)}" and more`))).to.deep.equal([])
        expect(piecesOf(form, hide(pickReason(`${text}${'.'.repeat(400)}\n${text}`)))).to.deep.equal([])
      }
    })
  }

  it('is hidden behind a cut as well', () => {
    const hide = scrubber([SECRET])
    for (let at = 1; at < SECRET.length; at += 1)
      expect(piecesOf(SECRET, hide(`as … ${SECRET.slice(at)}, he said`))).to.deep.equal([])
  })

  it('is hidden at the ends of what others say, who leave no sign of a cut', () => {
    const hide = saidScrubber([SECRET])
    for (let at = 1; at < SECRET.length; at += 1) {
      expect(piecesOf(SECRET, hide(`with ${SECRET.slice(0, at)}`))).to.deep.equal([])
      expect(piecesOf(SECRET, hide(`${SECRET.slice(at)} it was`))).to.deep.equal([])
    }
    expect(hide('correct-horse-radish')).to.equal('correct-horse-radish')
  })

  it('leaves other words as they are', () => {
    const hide = scrubber([SECRET])
    for (const text of ['with correct-horse', 'a … b', 'corre…', '…', '', 'so it is…'])
      expect(hide(text)).to.equal(text)
    expect(saidScrubber([SECRET])('')).to.equal('')
  })
})

describe('a secret of several lines', () => {
  const KEY = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n'

  it('is hidden where colours stand within it, which the screen leaves out', () => {
    const coloured = `password=\u001b[1m${SECRET.slice(0, 7)}\u001b[0m${SECRET.slice(7)} is wrong`
    expect(scrubber([SECRET])(coloured)).to.equal('password=*** is wrong')
    expect(scrubber([SECRET])('\u001b[31mE:\u001b[0m no secret')).to.equal('\u001b[31mE:\u001b[0m no secret')
  })

  it('is hidden where only one of its lines is printed', () => {
    expect(scrubber([KEY])('E: bad line AQEFAASCBKcwggSjAgEAAoIB here')).to.equal('E: bad line *** here')
  })
})
