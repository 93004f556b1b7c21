import { expect } from 'chai'
import fc from 'fast-check'
import { parseNagiosStatus } from './nagios_status'

const word = fc.stringMatching(/^[a-z_]{1,10}$/)
const text = fc.stringMatching(/^[ -~]{0,20}$/).map((value) => value.trim())
const blocks = fc.array(fc.record({ kind: word, values: fc.dictionary(word, text) }), { maxLength: 5 })
const format = (all: readonly { kind: string; values: Record<string, string> }[]) =>
  `# NAGIOS STATUS FILE\n\n${all
    .map(({ kind, values }) => {
      const lines = Object.entries(values).map(([key, value]) => `\t${key}=${value}\n`)
      return `${kind} {\n${lines.join('')}\t}\n`
    })
    .join('\n')}`

describe('The status of Nagios', () => {
  it('is read as it was written, also where a value has signs of the format', () => {
    fc.assert(
      fc.property(blocks, (all) => {
        const read = parseNagiosStatus(format(all))?.map(({ kind, values }) => ({
          kind,
          values: [...values],
        }))
        expect(read).to.deep.equal(all.map(({ kind, values }) => ({ kind, values: Object.entries(values) })))
      }),
    )
  })

  it('is not read where it is cut off within a block, and for no other text', () => {
    expect(parseNagiosStatus('info {\n\tcreated=1\n')).to.equal(undefined)
    expect(parseNagiosStatus('<html>')).to.equal(undefined)
    fc.assert(fc.property(fc.string(), (any) => void parseNagiosStatus(any)))
  })
})
