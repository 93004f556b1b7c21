import { expect } from 'chai'
import * as v from 'valibot'
import type { LookWanted } from '../looks/look'
import { LookFiles } from '../looks/look_files'
import { Looks } from '../looks/looks'
import { FakeClock, settled } from '../testing/fake_clock'
import { aDriftAnswer, aTagsAnswer, MemoryLooks } from '../testing/memory_looks'
import { Scratch } from '../testing/scratch'
import { FORMS } from './json_forms'
import { lookReads } from './look_reads'

describe('the looks at hosts that the API reads', () => {
  let scratch: Scratch
  let commands: MemoryLooks
  let looks: Looks
  let end: AbortController
  let work: Promise<void>
  beforeEach(() => {
    scratch = new Scratch()
    commands = new MemoryLooks()
    looks = new Looks(new LookFiles(scratch.path), commands, new FakeClock())
    end = new AbortController()
    work = looks.work(end.signal)
  })
  afterEach(async () => {
    end.abort()
    await work
    scratch.remove()
  })

  const read = async (path: string, look = '', desk: { looks: Looks | undefined } = { looks }) => {
    const answer = await lookReads(desk)
      .find((each) => each.path === path)
      ?.read({
        person: { name: 'anna', groups: [] },
        may: (act, environment) => act === 'look' && environment === 'test',
        param: () => look,
        query: {},
        signal: new AbortController().signal,
      })
    if (answer === undefined || 'status' in answer) return undefined
    return v.parse(FORMS['lockstep/looks/1'], JSON.parse([...answer.pieces].join('')))
  }

  it('have the answer of each, and who asked, where the reader may look', async () => {
    const wanted: LookWanted = {
      kind: 'tags',
      feature: 'x.feature',
      repository: 'website',
      classes: [],
      facts: [],
      tag: null,
    }
    looks.ask({ by: 'anna', environment: 'production', wanted })
    looks.ask({ by: 'bert', environment: 'test', wanted })
    commands.answer('look0002', aTagsAnswer())
    await settled()
    looks.ask({ by: 'bert', environment: 'test', wanted: { kind: 'drift', release: '4.2' } })
    const list = await read('/looks')
    expect(list?.looks.map(({ look, state, tags }) => [look, state, tags])).to.deep.equal([
      ['look0003', 'under way', null],
      ['look0002', 'answered', null],
    ])
    const { schema: _, ...told } = aTagsAnswer()
    expect((await read('/looks/:look', 'look0002'))?.looks[0]).to.deep.include({ by: 'bert', tags: told })
    commands.answer('look0003', aDriftAnswer())
    await settled()
    expect((await read('/looks/:look', 'look0003'))?.looks[0]?.drift).to.deep.include({ state: 'CRITICAL' })
    expect(await read('/looks/:look', 'look0001')).to.equal(undefined)
    expect((await read('/looks', '', { looks: undefined }))?.notKnown).to.have.length(1)
  })
})
