import { expect } from 'chai'
import { listPage, listRuns } from './rollout_list'
import type { RunJournal } from './run_journals'
import type { RunSummary } from './run_summaries'

const journalOf = (run: string): RunJournal => ({ run, path: `/live/${run}`, name: `live/${run}` })

/** Summaries of runs by the environment that is written before the hyphen of each. */
function summariesOf(read: string[] = []) {
  const environmentOf = async ({ run }: RunJournal) =>
    run.endsWith('nowhere') ? undefined : run.split('-')[1]
  return {
    environmentOf,
    unended: async () => [],
    async of(journal: RunJournal): Promise<RunSummary> {
      read.push(journal.run)
      const environment = await environmentOf(journal)
      const [title, tone] = ['PASSED', 'good'] as const
      return {
        run: journal.run,
        course: 'ended',
        environment,
        features: [],
        title,
        sentence: '',
        tone,
        by: 'x',
        beganAt: 0,
      }
    },
  }
}

const looksIn = (name: string) => (environment: string) => environment === name

describe('the list of rollouts', () => {
  /** The journals of 60 runs in production and 30 in test, the newest first. */
  const own = Array.from({ length: 30 }, (_, n) => `${String(n * 3 + 100)}-test`)
  const others = Array.from({ length: 60 }, (_, n) => `${String(n * 1.5 + 100.1)}-production`)
  const sorted = (runs: readonly string[]) => [...runs].sort().reverse().map(journalOf)

  it('is for one who may look in test as though there were no other environment', async () => {
    const all = sorted([...own, ...others, '099-nowhere'])
    const alone = sorted(own)
    const first = await listRuns(all, summariesOf(), looksIn('test'))
    expect(first.others.map(({ run }) => run)).to.have.length(25)
    const { underWay, others: shown, next } = await listRuns(alone, summariesOf(), looksIn('test'))
    expect({ underWay: first.underWay, others: first.others, next: first.next }).to.deep.equal({
      underWay,
      others: shown,
      next,
    })
    expect(next).to.match(/-test$/)
    const rest = await listRuns(all, summariesOf(), looksIn('test'), next)
    expect(rest.others.map(({ run }) => run)).to.have.length(5)
    expect(rest.next).to.equal(undefined)
  })

  it('leads nowhere where nothing is for a person, and reads no journal for them', async () => {
    const read: string[] = []
    const found = await listRuns(sorted(others), summariesOf(read), looksIn('test'))
    expect(found).to.deep.equal({ underWay: [], others: [], next: undefined, isUnknown: false })
    expect(read).to.deep.equal([])
    expect(listPage(found).text).not.to.contain('before=')
  })

  it('says that a journal has no environment, and neither which nor how many', async () => {
    const runs = ['3-nowhere', '2-nowhere', '1-test']
    const { text } = listPage(await listRuns(runs.map(journalOf), summariesOf(), looksIn('test')))
    expect(text)
      .to.contain('Not every journal says')
      .and.not.to.match(/nowhere|\b2\b/)
  })
})
