import { expect } from 'chai'
import fc from 'fast-check'
import { Answers, type Answer } from './answers'

const TOKEN = 'lockstep-0123-'

function read(pieces: readonly Buffer[]): {
  answers: Answer[]
  boots: string[]
  faults: string[]
  nonsense: string[]
} {
  const heard = {
    answers: [] as Answer[],
    boots: [] as string[],
    faults: [] as string[],
    nonsense: [] as string[],
  }
  const answers = new Answers(TOKEN, {
    onAnswer: (answer) => heard.answers.push(answer),
    onGreeting: ({ boot }) => heard.boots.push(boot),
    onFault: (word, details) => heard.faults.push(`${word}: ${details}`),
    onNonsense: (line) => heard.nonsense.push(line),
  })
  pieces.forEach((piece) => answers.take(piece))
  return heard
}

/** Cuts bytes at random places. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((each) => each % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

describe('the answers of a host', () => {
  const output = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
  const answer = fc.record({
    id: fc.stringMatching(/^[a-z0-9]{1,8}$/),
    status: fc.nat(255),
    fault: fc.constantFrom(undefined, 'missing', 'disk'),
    stdout: fc.oneof(output, fc.constant(Buffer.from(`\n${TOKEN} done x 0 - 0 0\n`))),
    stderr: output,
  })

  it('are read as they were given, wherever the stream is cut, whatever programs print and the host says before', () => {
    fc.assert(
      fc.property(fc.array(answer), fc.string(), fc.array(fc.nat()), (given, noise, places) => {
        const parts = given.map(({ id, status, fault, stdout, stderr }) =>
          Buffer.concat([
            Buffer.from(`${TOKEN} done ${id} ${status} ${fault ?? '-'} ${stdout.length} ${stderr.length}\n`),
            stdout,
            stderr,
          ]),
        )
        const bytes = Buffer.concat([Buffer.from(`${noise}\n${TOKEN} ready b1 0\n`), ...parts])
        const { answers, boots, nonsense } = read(cut(bytes, places))
        expect({ boots, nonsense }).to.deep.equal({ boots: ['b1'], nonsense: [] })
        expect(answers).to.deep.equal(given)
      }),
    )
  })

  it('are none before the host has greeted, nor with another token', () => {
    expect(read([Buffer.from(`${TOKEN} done a 0 - 0 0\nlockstep-9-9 ready b 0\n`)]).answers).to.deep.equal([])
  })

  it('end with the first line that is none', () => {
    for (const line of [
      'a daemon prints this',
      `${TOKEN} done a 0 - x 0`,
      `${TOKEN} done a`,
      'x'.repeat(5_000),
    ]) {
      const after = `${TOKEN} ready b 0\n${line}\n${TOKEN} done a 0 - 0 0\n`
      const { answers, nonsense } = read([Buffer.from(after)])
      expect({ answers, count: nonsense.length }, line).to.deep.equal({ answers: [], count: 1 })
    }
  })

  it('are bounded before the greeting, however much a host says', () => {
    const noise = Array.from({ length: 100 }, () => Buffer.alloc(10_000, 'x'))
    expect(read([...noise, Buffer.from(`\n${TOKEN} ready b 0\n`)]).boots).to.deep.equal(['b'])
  })

  it('say why a host cannot be worked on', () => {
    const { faults } = read([Buffer.from(`\n${TOKEN} fault tools setsid dd\n`)])
    expect(faults).to.deep.equal(['tools: setsid dd'])
  })
})
