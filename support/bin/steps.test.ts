import { expect } from 'chai'
import { SENTENCES } from '../sentences/catalogue'
import { steps } from './steps'

describe('lockstep steps', () => {
  const { text, exitCode } = steps({ options: { json: false } })
  const lines = text.split('\n')

  it('has every sentence under its noun, with its keyword, and below it what it does to hosts', () => {
    expect(exitCode).to.equal(0)
    for (const [phrase, { keyword, help }] of SENTENCES) {
      const at = lines.indexOf(`  ${keyword.padEnd(5)} ${phrase}`)
      expect(at, phrase).to.be.above(0)
      expect(lines[at + 1], phrase)
        .to.match(/^ {8}[a-z ]+: /)
        .and.to.contain(help)
    }
    expect(text).to.contain(
      'load balancer\n  Given the load balancer has ip address {ip}\n        sets: Each host',
    )
    expect(text).to.contain('  When  I block the load balancer\n        takes out: The hosts get no more')
  })

  it('has no line that a terminal would break in two', () => {
    expect(lines.filter((line) => line.length > 100)).to.deep.equal([])
  })
})
