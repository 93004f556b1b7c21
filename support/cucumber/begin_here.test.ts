import { expect } from 'chai'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { extname } from 'node:path'
import { Composition } from '../composition/composition'
import type { Session } from '../composition/session'
import type { Ended } from '../run/again'
import { MODES } from '../run/modes'
import { BEGAN } from '../testing/fake_fleet'
import { begin } from './begin_here'

const fault = { host: 'web1.example.net', fault: 'lies' }
const again = (signal: AbortSignal) =>
  ({ profile: 'rehearse', purpose: { why: 'rehearsal', fault }, signal }) as const
const cwd = process.cwd()

describe('a run within another one', () => {
  it('has no result where it breaks off with an error, whose words are told', async () => {
    const read: Ended[] = []
    await begin(again(new AbortController().signal), (ended) => void read.push(ended), {
      cwd,
      run: async (_own, paper) => {
        paper.write('it was at the third line\n')
        throw new Error('too many open files')
      },
    })
    const said = 'it was at the third line; too many open files'
    expect(read).to.deep.equal([{ exitCode: undefined, plan: undefined, truth: undefined, said }])
  })

  it('fails with what its reader finds wrong', async () => {
    const course = { cwd, run: async () => {} }
    const wrong = () => Promise.reject(new Error('another plan'))
    const failure = await begin(again(new AbortController().signal), wrong, course).catch(String)
    expect(failure).to.equal('Error: another plan')
  })

  it('leaves no file open', async function () {
    if (!existsSync('/proc/self/fd')) return this.skip()
    const opened: string[] = []
    const run = async (own: Session) => {
      own.composition = await Composition.compose(own.run, MODES.rehearse.parameters, own.surroundings, cwd)
      await own.run.stream.append(BEGAN)
      await own.composition.end()
      // Its outcome is said when all else is let go of.
      own.run.end()
      opened.push(...openFiles())
    }
    const said = await begin(again(new AbortController().signal), (ended) => ended.said, { cwd, run })
    expect(said).to.equal('it said nothing')
    expect(opened.map((path) => extname(path)).sort()).to.deep.equal(['.log', '.ndjson'])
    // The log is closed by the system's own threads.
    for (let look = 0; look < 100 && openFiles().length > 0; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    expect(openFiles()).to.deep.equal([])
  })

  it('leaves no simulated host listening where it breaks off', async () => {
    const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
    const before = listening()
    const during: number[] = []
    const run = async (own: Session) => {
      own.composition = await Composition.compose(own.run, MODES.rehearse.parameters, own.surroundings, cwd)
      during.push(listening())
      throw new Error('too many open files')
    }
    await begin(again(new AbortController().signal), () => {}, { cwd, run })
    expect(during[0]).to.be.above(before)
    // A socket that is closed leaves the list in the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    expect(listening()).to.equal(before)
  })

  it('is not begun where the operator has already asked to stop', async () => {
    let hasBegun = false
    const run = async () => void (hasBegun = true)
    const failure = await begin(again(AbortSignal.abort()), () => {}, { cwd, run }).catch(String)
    expect(failure).to.include('the operator asked to stop')
    expect(hasBegun).to.equal(false)
  })
})

/** Returns the files of runs within others that this process has open; their folder may be gone. */
function openFiles(): string[] {
  const all = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      // It is the one that the folder was read by.
      return []
    }
  })
  return all.map((path) => path.replace(/ \(deleted\)$/, '')).filter((path) => path.includes('/lockstep-'))
}
