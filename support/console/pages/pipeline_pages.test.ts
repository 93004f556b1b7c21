import { expect } from 'chai'
import fc from 'fast-check'
import { expectOwnMarkup, hostileText } from '../../testing/page_markup'
import { fleetPage } from './fleet_page'
import type { FleetData } from './fleet_data'
import type { CommitOnItsWay, PipelineData, RepositoryData } from './pipeline_data'
import { pipelinePage, repositoryPage } from './pipeline_page'

const AT = '2026-11-22T12:00:00.000Z'

function commitOf(text: string): CommitOnItsWay {
  return {
    repository: text,
    plans: [{ environment: text, plan: text, run: text }],
    id: text,
    refs: text,
    seenAt: AT,
    tests: text,
    below: [text],
    tone: 'bad',
    ways: [{ environment: text, steps: [{ text, tone: 'good' }] }],
    approve: [text],
  }
}

function pipelineOf(text: string): PipelineData {
  return {
    isServed: false,
    spools: [text],
    repositories: [{ repository: text, commits: 1, waiting: 1, newest: commitOf(text) }],
    unused: [text],
    packages: [text],
    faults: [text],
  }
}

function repositoryOf(text: string): RepositoryData {
  return {
    repository: text,
    isServed: true,
    waiting: [{ delivery: text, ref: text, at: text }],
    commits: { shown: [commitOf(text)], from: 20, count: 60 },
    passedOver: [{ delivery: text, ref: text, at: text, why: text }],
    faults: [text],
  }
}

function fleetOf(text: string): FleetData {
  return {
    environments: [text],
    environment: text,
    wanted: text,
    hosts: {
      shown: [
        {
          host: text,
          isExpected: false,
          classes: [text],
          facts: { [text]: text },
          release: {
            host: text,
            environment: text,
            release: text,
            run: text,
            feature: text,
            since: text,
            standing: 'had',
          },
          versions: [[text, { version: text, run: text, at: text }]],
          lastRun: { host: text, environment: text, release: text, run: text, at: text },
        },
      ],
      from: 0,
      count: 300,
    },
    counts: { expected: 1, inRuns: 2, neverInRuns: 1, unexpected: 1 },
    inventory: { hosts: [], notRead: [text], files: 1, fault: text },
    fetches: [{ repository: text, tag: text, at: AT, has: 1, all: 2 }],
    faults: [text],
  }
}

describe('the pages of the pipeline and the fleet', () => {
  it('say what a commit waits for, and the command that approves its plan', () => {
    const commit = { ...commitOf('x'), approve: ['lockstep pipeline website --approve 0123'] }
    const { text } = repositoryPage({
      ...repositoryOf('website'),
      commits: { shown: [commit], from: 0, count: 1 },
    })
    expect(text).to.contain('Approve exactly this plan:').and.to.contain('pipeline website --approve 0123')
    expect(text).to.contain('was pushed at').and.to.contain('the repository has not been asked yet')
    expect(pipelinePage(pipelineOf('x')).text).to.contain('lockstep serve does not run here')
  })

  it('tell a new user what to do next', () => {
    const nothing = { isServed: true, spools: [], repositories: [], unused: [], packages: [], faults: [] }
    expect(pipelinePage(nothing).text).to.contain('hook --install')
    expect(fleetPage({ ...fleetOf('x'), environment: undefined, environments: [] }).text).to.contain(
      'lockstep.cjs init',
    )
  })

  it('say of hosts what is recorded, and with which command they are asked now', () => {
    const { text } = fleetPage(fleetOf('test'))
    expect(text).to.contain('asks no host').and.to.contain('ping --environment test')
    expect(text).to.contain('not in the inventory').and.to.contain('1 to 1 of 300 hosts')
  })

  it('let no text of others become markup', () => {
    fc.assert(
      fc.property(hostileText(), (text) => {
        expectOwnMarkup(pipelinePage(pipelineOf(text)))
        expectOwnMarkup(repositoryPage(repositoryOf(text)))
        expectOwnMarkup(fleetPage(fleetOf(text)))
      }),
    )
  })
})
