import { symlinkSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { runCommand, type CommandRunner } from './command'
import { readTexts, UnreadText } from './host_texts'

describe('texts of a host', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('are read in one command as they are, whatever is in them', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 })
    const lines = fc.array(
      fc.oneof(text, fc.constantFrom('', '\n', '\r\n', '\\n', 'lockstep- end 0', '%s', '-e')),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { maxLength: 5 }), async (contents) => {
        const written = new Map(
          contents.map((content, index) => {
            const all = content.join('\n')
            return [scratch.write(`a '$b'\t"${index}"`, all), all]
          }),
        )
        let commands = 0
        const run: CommandRunner = (...command) => {
          commands += 1
          return runCommand(...command)
        }
        expect([...(await readTexts(run, [...written.keys()]))]).to.deep.equal([...written])
        expect(commands).to.equal(1)
      }),
      { numRuns: 25 },
    )
  })

  it('are undefined where nothing is, and say why where something is', async () => {
    const file = scratch.write('file', 'x')
    symlinkSync('/nowhere', `${scratch.path}/dangling`)
    symlinkSync('file', `${scratch.path}/link`)
    const [away, below, dangling, link] = ['away', 'file/below', 'dangling', 'link'].map(
      (name) => `${scratch.path}/${name}`,
    ) as [string, string, string, string]
    const long = `${scratch.path}/${'a'.repeat(300)}`
    const found = await readTexts(runCommand, [away, below, dangling, link, scratch.path, long, file])
    for (const path of [away, below, dangling]) expect(found.get(path), path).to.equal(undefined)
    expect([found.get(link), found.get(file)]).to.deep.equal(['x', 'x'])
    expect(found.get(scratch.path)).to.be.instanceOf(UnreadText).and.to.include({ isThere: true })
    expect(found.get(long)).to.be.instanceOf(UnreadText).and.to.include({ isThere: false })
  })

  it('are read to their end where the system says that they have no bytes', async () => {
    const found = await readTexts(runCommand, ['/proc/self/stat'])
    expect(found.get('/proc/self/stat')).to.match(/^\d+ \(cat\) R /)
  })

  it('are not read from a path of several lines', async () => {
    expect(await reasonOf(readTexts(runCommand, ['/a\n/b']))).to.match(/several lines/)
  })

  it('are no texts where the answer is cut off, or the command does not end', async () => {
    const file = scratch.write('file', 'x'.repeat(1000))
    for (const at of [0, 50, 500, 1050, 1090]) {
      const cutting: CommandRunner = async (...command) => {
        const ended = await runCommand(...command)
        return { ...ended, stdout: ended.stdout.slice(0, at) }
      }
      expect(await reasonOf(readTexts(cutting, [file])), String(at)).to.match(/cut off/)
    }
    const lost: CommandRunner = async () => ({
      exitCode: undefined,
      stdout: '',
      output: '',
      failure: 'unknown: the connection is lost',
    })
    expect(await reasonOf(readTexts(lost, [file]))).to.match(/unknown: the connection is lost/)
  })
})
