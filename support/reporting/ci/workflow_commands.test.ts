import { expect } from 'chai'
import fc from 'fast-check'
import { annotationsOf, withoutCommands } from './workflow_commands'

const remark = { uri: 'features/a.feature', line: 7, severity: 'error' as const, message: 'no' }
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        ':',
        '::',
        '##[',
        '#',
        '[',
        ' ',
        '\t',
        '\n',
        '\r',
        '\u2028',
        '%',
        '%0A',
        ',',
        'a',
        '5',
        'stop-commands',
      ),
    )
    .map((parts) => parts.join('')),
)

describe('annotations', () => {
  it('are commands to GitHub’s runner, with the file and the line', () => {
    expect(
      annotationsOf([
        { ...remark, title: 'I block' },
        { ...remark, severity: 'warning' },
      ]),
    ).to.deep.equal([
      '::error file=features/a.feature,line=7,title=I block::no',
      '::warning file=features/a.feature,line=7::no',
    ])
  })

  it('are about the run as a whole where there is no file or line', () => {
    expect(annotationsOf([{ ...remark, uri: '', line: 0 }])).to.deep.equal(['::error::no'])
  })

  it('are read by the runner as what was meant, for any names of hosts and files', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (uri, title, message) => {
        const [line = '', ...more] = annotationsOf([{ ...remark, uri, title, message }])
        expect(more).to.deep.equal([])
        expect(line).not.to.match(/[\r\n]/)
        expect(read(line)).to.deep.equal({
          command: 'error',
          properties: { ...(uri === '' ? {} : { file: uri }), line: '7', title },
          message,
        })
      }),
    )
  })

  it('are at most ten of a kind, and the tenth says how many there are besides', () => {
    const many = Array.from({ length: 14 }, (_, index) => ({ ...remark, line: index + 1 }))
    const lines = annotationsOf([
      ...many,
      ...many.slice(0, 10).map((each) => ({ ...each, severity: 'warning' as const })),
    ])
    expect(lines.filter((line) => line.startsWith('::error'))).to.have.length(10)
    expect(lines[9]).to.equal('::error::5 more of these are in the log')
    expect(lines.filter((line) => line.startsWith('::warning file='))).to.have.length(10)
  })

  it('are not longer than GitHub takes', () => {
    const [line = ''] = annotationsOf([{ ...remark, title: 'x'.repeat(9_999), message: 'y'.repeat(99_999) }])
    expect(line.length).to.be.below(5_000)
  })
})

describe('text of others in a log', () => {
  it('gives the runner no commands', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const line of withoutCommands(text).split(/[\r\n]/)) {
          expect(line.trimStart().startsWith('::'), line).to.equal(false)
          expect(line).not.to.contain('##[')
        }
      }),
    )
    expect(withoutCommands('        ::stop-commands::x\n  x ##[error]y')).to.equal(
      '        : :stop-commands::x\n  x # #[error]y',
    )
  })

  it('is otherwise what it was', () => {
    const screen = '    ✔ And I want to update hosts with class roles::dev_server\n        fe80::1  web1\n'
    expect(withoutCommands(screen)).to.equal(screen)
  })
})

/** Takes a command apart as GitHub's runner does. */
function read(line: string) {
  const [, command = '', list = '', message = ''] = /^::(\w+)(?: ([^]*?))?::([^]*)$/.exec(line) ?? []
  const decoded = (text: string) => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n')
  const properties = Object.fromEntries(
    list.split(',').map((pair) => {
      const at = pair.indexOf('=')
      const value = decoded(pair.slice(at + 1))
        .replaceAll('%3A', ':')
        .replaceAll('%2C', ',')
      return [pair.slice(0, at), value.replaceAll('%25', '%')]
    }),
  )
  return { command, properties, message: decoded(message).replaceAll('%25', '%') }
}
