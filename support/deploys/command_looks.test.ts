import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { LookWanted } from '../looks/look'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'
import { redactor } from '../system/redaction'
import { aDriftAnswer, aTagsAnswer } from '../testing/memory_looks'
import { Scratch } from '../testing/scratch'
import { CommandLooks } from './command_looks'

const TAGS: LookWanted = {
  kind: 'tags',
  feature: 'x.feature',
  repository: 'website',
  classes: ['roles::web'],
  facts: ['country=de'],
  tag: 'v1',
}
const DRIFT: LookWanted = { kind: 'drift', release: '--state=/elsewhere' }

describe('the commands that ask hosts for a page', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const never = new AbortController().signal
  const said = () => readFileSync(join(scratch.path, 'said'), 'utf8')
  /** Asks by a program of the shell, which leaves its words and variables in `said`. */
  const ask = (program: string, wanted: LookWanted, signal = never) => {
    const script = scratch.write('program', `printf '[%s]' "$@" >said; env >>said\n${program}\n`)
    const looks = new CommandLooks({
      lockstep: ['/bin/sh', script],
      config: join(scratch.path, 'lockstep.yaml'),
      folder: scratch.path,
      state: join(scratch.path, 'state'),
      env: { PATH: process.env['PATH'], LOCKSTEP_SAFE_MODE: 'on', LOCKSTEP_RELEASE: 'x' },
      cwd: scratch.path,
      run: runCommand,
      clock: systemClock,
      redact: redactor(['s3cret-of-a-fleet']),
    })
    const begun = { id: looks.newId(), by: 'anna', at: 'now', environment: 'test', wanted }
    return looks.carryOut(begun, signal)
  }
  const printing = (document: unknown, exitCode: number) =>
    `cat <<'END'\n${JSON.stringify(document)}\nEND\nexit ${exitCode}`

  it('have each value behind a sign of equality, and no setting of this process', async () => {
    const { path } = scratch
    expect(await ask(printing(aTagsAnswer(), 1), TAGS)).to.deep.equal(aTagsAnswer())
    expect(said()).to.contain(
      `[ping][--tags=website][--class=roles::web][--fact=country=de][--tag=v1][--environment=test][--config][${path}/lockstep.yaml][--json]`,
    )
    expect(said()).not.to.match(/SAFE_MODE|^LOCKSTEP_RELEASE/m)
    expect(await ask(printing(aDriftAnswer(), 2), DRIFT)).to.deep.equal(aDriftAnswer())
    expect(said()).to.contain(
      `[drift][--release=--state=/elsewhere][--state][${path}/state][--environment=test][--config]`,
    )
  })

  it('are no answer where the exit status says something else, or hosts of another question', async () => {
    for (const [program, wanted] of [
      [printing({ ...aDriftAnswer(), state: 'OK', findings: [] }, 2), DRIFT],
      [printing(aDriftAnswer(), 0), DRIFT],
      [printing(aTagsAnswer(), 0), TAGS],
      [printing({ ...aTagsAnswer(), environment: 'production' }, 1), TAGS],
      [printing({ ...aTagsAnswer(), repository: 'other' }, 1), TAGS],
      [printing(aTagsAnswer(), 1), DRIFT],
      ['echo nothing; exit 0', TAGS],
    ] as const)
      expect(await ask(program, wanted), program).to.have.property('why')
  })

  it('say why there is no answer, without a secret', async () => {
    expect(await ask('echo the broker of s3cret-of-a-fleet is away >&2; exit 4', TAGS)).to.deep.equal({
      why: 'the broker of *** is away',
    })
  })

  it('end with the signal', async () => {
    const end = new AbortController()
    const asked = ask('sleep 600', TAGS, end.signal)
    setTimeout(() => end.abort(), 50)
    expect(await asked).to.have.property('why')
  })
})
