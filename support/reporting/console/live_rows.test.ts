import { expect } from 'chai'
import fc from 'fast-check'
import { FakeTerminal } from '../../testing/fake_terminal'
import { giveWayTo } from './give_way'
import { LiveRows } from './live_rows'

describe('live rows', () => {
  it('are drawn over in place, cut to the width, and gone once text stays', () => {
    const { terminal, rows } = begin(20)
    rows.draw(['… waits', '  3 s of 20 s · waits for node00333'])
    expect(terminal.text).to.equal('… waits\n  3 s of 20 s · wa…')
    rows.draw(['… waits', '  4 s'])
    expect(terminal.text).to.equal('… waits\n  4 s')
    rows.draw(['… waits'])
    expect(terminal.text).to.equal('… waits')
    rows.print('✔ waited\n')
    expect(terminal.text).to.equal('✔ waited')
  })

  it('count wide characters as two columns', () => {
    const { terminal, rows } = begin(10)
    rows.draw(['世界世界世界', 'below'])
    expect(terminal.text).to.equal('世界世界…\nbelow')
    rows.draw([])
    expect(terminal.text).to.equal('')
  })

  it('are not written again while they are the same', () => {
    const { terminal, rows } = begin(20)
    for (let each = 0; each < 100; each += 1) rows.draw(['… waits'])
    expect(terminal.writes).to.equal(1)
  })

  it('leave nothing behind on a terminal that is narrower than this process knows', () => {
    const { terminal, rows } = begin(40)
    rows.draw(['… a row of some thirty-five columns', '  and another one, as long as that'])
    terminal.resize(15)
    const late = new LiveRows({ write: terminal.write, columns: () => 40 })
    late.draw(['… a row of some thirty-five columns', '  another one'])
    late.print('done\n')
    expect(terminal.text).to.equal('done')
  })

  it('give way to what others write, and wait until a question is answered', () => {
    const { terminal, rows } = begin(40)
    const other = { isTTY: true, write: (text: string) => (terminal.write(text), true) }
    const restore = giveWayTo([other as never], rows)
    rows.draw(['… waits', '  3 s'])
    other.write('said by a step\n')
    rows.draw(['… waits', '  4 s'])
    expect(terminal.text).to.equal('said by a step\n… waits\n  4 s')
    other.write('Go on? [y/N] ')
    rows.draw(['… waits', '  5 s'])
    expect(terminal.text).to.equal('said by a step\nGo on? [y/N]')
    other.write('y\r\n')
    rows.draw(['… waits', '  6 s'])
    expect(terminal.text).to.equal('said by a step\nGo on? [y/N] y\n… waits\n  6 s')
    other.write('Go on? [y/N] ')
    rows.print('nobody answered\n')
    restore()
    expect(terminal.text).to.equal('said by a step\nGo on? [y/N] y\nGo on? [y/N]\nnobody answered')
  })

  it('leave what stays as it would be without them, however the terminal is resized', () => {
    const text = fc.stringMatching(/^[a-z世é]{1,60}$/)
    const act = fc.oneof(
      fc.record({ draw: fc.array(text, { maxLength: 3 }) }),
      fc.record({ print: text }),
      fc.record({ other: text }),
      fc.record({ columns: fc.integer({ min: 4, max: 100 }) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const { terminal, rows } = begin(40)
        const stays: string[] = []
        for (const each of acts) {
          if ('draw' in each) rows.draw(each.draw)
          else if ('columns' in each) terminal.resize(each.columns)
          else {
            const line = 'print' in each ? each.print : each.other
            stays.push(line)
            if ('print' in each) rows.print(`${line}\n`)
            else rows.giveWay(`${line}\n`, () => terminal.write(`${line}\n`))
          }
        }
        rows.clear()
        expect(terminal.lines).to.equal(stays.join('\n'))
      }),
    )
  })
})

function begin(columns: number): { terminal: FakeTerminal; rows: LiveRows } {
  const terminal = new FakeTerminal(columns)
  return { terminal, rows: new LiveRows({ write: terminal.write, columns: () => terminal.columns }) }
}
