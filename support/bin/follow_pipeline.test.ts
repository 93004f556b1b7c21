import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { PipelineEvent } from '../pipeline/events'
import { openPipelineJournal, pipelineJournalsIn, type PipelineJournal } from '../pipeline/pipeline_journal'
import { FakeClock, settled } from '../testing/fake_clock'
import { Scratch } from '../testing/scratch'
import { followPipeline } from './follow_pipeline'

const A = 'a'.repeat(40)
const AT = '1970-01-01T00:00:00.000Z'

describe('what is printed as it happens', () => {
  let scratch: Scratch
  let clock: FakeClock
  let end: AbortController
  let said: string[]
  let complaints: string[]
  let journal: PipelineJournal
  beforeEach(() => {
    scratch = new Scratch()
    clock = new FakeClock()
    end = new AbortController()
    said = []
    complaints = []
    journal = openPipelineJournal(scratch.path, () => 0)
  })
  afterEach(async () => {
    await journal.close()
    scratch.remove()
  })

  const follow = (wanted?: string) =>
    followPipeline({
      state: scratch.path,
      wanted,
      clock,
      signal: end.signal,
      write: (text) => said.push(text.trimEnd()),
      complain: (text) => complaints.push(text.trimEnd()),
    })
  const push = (delivery: string, repository = 'website'): PipelineEvent => {
    const changes = [{ ref: 'refs/tags/v1', before: null, after: A }]
    return { type: 'push taken', delivery, repository, teller: 'hook', by: 'an author', changes }
  }
  const seen = (delivery: string, repository = 'website'): PipelineEvent => {
    const ref = 'refs/tags/v1'
    return { type: 'commit seen', delivery, repository, ref, after: A, commit: A, isToBuild: true }
  }
  const newest = () => {
    const folder = pipelineJournalsIn(scratch.path)
    return join(folder, readdirSync(folder).sort().at(-1) ?? '')
  }

  it('is each new event once, in a sentence, and nothing of what was before', async () => {
    await journal.append(push('d1'))
    const done = follow()
    await settled()
    const target = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }
    await journal.append(seen('d1'))
    await journal.append({ type: 'build begun', build: 'b1', repository: 'website', commit: A })
    await journal.append({ type: 'build ended', build: 'b1', result: 'succeeded', why: null, seconds: 2.5 })
    await clock.next()
    await journal.append({ type: 'fetch begun', ...target })
    const has = { text: 'web1', count: 1 }
    const missing = [{ why: 'no answer', hosts: { text: 'web[2-3]', count: 2 } }]
    await journal.append({ type: 'hosts have fetched', ...target, has, missing })
    await clock.next()
    await clock.next()
    end.abort()
    expect(await done).to.equal(true)
    expect(said).to.deep.equal([
      `${AT}  website: the repository shows aaaaaaaaaaaa on the tag v1`,
      `${AT}  website: the tests of aaaaaaaaaaaa on the tag v1 begin`,
      `${AT}  website: the tests of aaaaaaaaaaaa on the tag v1 passed in 2.5 s`,
      `${AT}  website: the hosts of test are to fetch v1 (aaaaaaaaaaaa)`,
      `${AT}  website: v1 (aaaaaaaaaaaa) is on 1 of 3 hosts of test; missing: web[2-3]: no answer`,
    ])
  })

  it('looks once a second, and goes on with the journal of a later process', async () => {
    const done = follow()
    await settled()
    expect(clock.pending).to.deep.equal([1_000])
    await journal.append(push('d1'))
    await clock.next()
    await journal.close()
    journal = openPipelineJournal(scratch.path, () => 0)
    await journal.append(push('d2'))
    await clock.next()
    expect(clock.pending).to.deep.equal([1_000])
    end.abort()
    await done
    expect(said).to.have.length(2)
  })

  it('is of one repository where one is named, its builds too', async () => {
    const done = follow('website')
    await settled()
    for (const [build, repository] of [['b1', 'website'] as const, ['b2', 'shop'] as const]) {
      await journal.append(push(build, repository))
      await journal.append(seen(build, repository))
      await journal.append({ type: 'build begun', build, repository, commit: A })
      await journal.append({ type: 'build ended', build, result: 'failed', why: 'it failed', seconds: 1 })
    }
    await clock.next()
    end.abort()
    await done
    expect(said).to.have.length(4)
    expect(said.every((each) => each.includes('website: '))).to.equal(true)
  })

  it('waits for the end of a line, and takes what replaces a journal that never began', async () => {
    const done = follow()
    await settled()
    await journal.append(push('d1'))
    await clock.next()
    await journal.append(push('d2'))
    const whole = readFileSync(newest())
    writeFileSync(newest(), whole.subarray(0, -5))
    await clock.next()
    expect(said).to.have.length(1)
    appendFileSync(newest(), whole.subarray(-5))
    await clock.next()
    expect(said).to.have.length(2)
    const next = join(pipelineJournalsIn(scratch.path), 'serve-000000002.journal.ndjson')
    writeFileSync(next, '0123')
    await clock.next()
    rmSync(next)
    await journal.close()
    journal = openPipelineJournal(scratch.path, () => 0)
    await journal.append(push('d3'))
    await clock.next()
    end.abort()
    expect(await done).to.equal(true)
    expect(said).to.have.length(3)
  })

  it('says once that a journal does not tell everything', async () => {
    const done = follow()
    await settled()
    await journal.append(push('d1'))
    await clock.next()
    appendFileSync(newest(), 'no line of ours\n')
    for (let looks = 0; looks < 3; looks += 1) await clock.next()
    end.abort()
    expect(await done).to.equal(false)
    expect(complaints).to.have.length(1)
    expect(complaints[0]).to.match(/^Not everything is known: the journal .* is damaged from line 4 on$/)
  })

  it('shows no control characters of a ref', async () => {
    const done = follow()
    await settled()
    const changes = [{ ref: 'refs/tags/a\u001b[31m\nb', before: null, after: A }]
    await journal.append({ ...push('d1'), changes } as PipelineEvent)
    await clock.next()
    end.abort()
    await done
    expect(said[0]).to.equal(`${AT}  website: a push moved the tag a b to aaaaaaaaaaaa`)
  })
})
