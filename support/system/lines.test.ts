import { expect } from 'chai'
import fc from 'fast-check'
import { Scratch } from '../testing/scratch'
import { readLines, readLinesNow } from './lines'

describe('the lines of a file', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())

  const linesOf = async (text: string) => {
    const lines: string[] = []
    const path = scratch.write('lines.txt', text)
    for await (const { text: line, isEnded } of readLines(path)) lines.push(isEnded ? `${line}\n` : line)
    const now = [...readLinesNow(path)].map(({ text: line, isEnded }) => (isEnded ? `${line}\n` : line))
    expect(now).to.deep.equal(lines)
    return lines
  }

  it('are all of its text, each with its end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'ä', '\n', '\r', '😀'), { maxLength: 30 }),
        async (signs) => {
          const text = signs.join('')
          const lines = await linesOf(text)
          expect(lines.join('')).to.equal(text)
          expect(lines.every((line) => !line.slice(0, -1).includes('\n'))).to.equal(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('are whole where one is longer than what is read at once', async () => {
    const long = 'ä'.repeat(700_000)
    expect(await linesOf(`${long}\n${long}\nend`)).to.deep.equal([`${long}\n`, `${long}\n`, 'end'])
  })

  it('are none of a folder, and that is said', async () => {
    let message = ''
    try {
      for await (const line of readLines(scratch.path)) message = line.text
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).to.equal('it is a folder; expected a file')
  })
})
