import { expect } from 'chai'
import fc from 'fast-check'
import { parsePuppetSays } from './puppet_says'

/** Returns the remarks about `0.pp`, and what is lost. */
function said(output: string, name = '0.pp') {
  const { remarks, lost } = parsePuppetSays(output, ['0.pp', '1.pp'])
  return {
    remarks: (remarks.get(name) ?? []).map(({ severity, line, message }) => `${severity} ${line} ${message}`),
    lost,
  }
}

const object = (faults: Readonly<Record<string, unknown>>) => `${JSON.stringify(faults, undefined, 2)}\n`

describe('what Puppet says of files', () => {
  it('is read from the log, with the place and without the folder', () => {
    const log = `Warning: The key 'a' is declared more than once (file: /scratch/0.pp, line: 2, column: 19)
Error: Could not parse for environment production: Syntax error at '%>' (file: ./0.pp, line: 3, column: 11)
Error: Syntax error at end of input (file: 0.pp)
Error: Errors while validating epp
Error: Try 'puppet help epp validate' for usage
`
    expect(said(log)).to.deep.equal({
      remarks: [
        "warning 2 puppet: The key 'a' is declared more than once",
        "error 3 puppet: Syntax error at '%>'",
        'error undefined puppet: Syntax error at end of input',
      ],
      lost: undefined,
    })
    expect(said(log, '1.pp').remarks).to.deep.equal([])
  })

  it('is read from the object behind the log, unless the log has named the faults one by one', () => {
    const log = `Error: Illegal attempt to assign (file: /scratch/0.pp, line: 4, column: 2)
Error: Another (file: /scratch/0.pp, line: 5, column: 2)
`
    const faults = object({
      './0.pp': { message: 'Language validation logged 2 errors. Giving up', line: null },
      './1.pp': { message: 'Syntax error at end of input', line: null },
    })
    expect(said(log + faults).remarks).to.deep.equal([
      'error 4 puppet: Illegal attempt to assign',
      'error 5 puppet: Another',
    ])
    expect(said(log + faults, '1.pp').remarks).to.deep.equal([
      'error undefined puppet: Syntax error at end of input',
    ])
    expect(said(faults).remarks).to.have.length(1)
  })

  it('is lost where an error is about no file that was asked for', () => {
    expect(said('Error: Could not initialize global default settings\n').lost).to.match(
      /^puppet: Could not init/,
    )
    expect(said('Error: x (file: /etc/puppet/hiera.yaml, line: 3)\n').lost).to.match(/^puppet: x/)
    expect(said(object({ '9.pp': { message: 'x' } })).lost).to.equal('puppet: x')
    expect(said('Error: said\n  in two lines (file: 0.pp, line: 3)\n')).to.deep.equal({
      remarks: ['error 3 puppet: said   in two lines'],
      lost: undefined,
    })
  })

  it('never makes an error of a file a pass of it, whatever is in the message', () => {
    const noise = fc.stringMatching(/^[ -~]{0,40}$/)
    fc.assert(
      fc.property(noise, fc.array(noise, { maxLength: 3 }), fc.nat(99), (message, before, line) => {
        const output = `${before.join('\n')}\nError: ${message} (file: /scratch/0.pp, line: ${line}, column: 1)\n`
        const { remarks, lost } = parsePuppetSays(output, ['0.pp', '1.pp'])
        const hasError = (remarks.get('0.pp') ?? []).some(({ severity }) => severity === 'error')
        expect(hasError || lost !== undefined, output).to.equal(true)
      }),
    )
  })
})
