import type { ApiAnswer, ApiRead, ApiRequest } from '../console/api/api_route'
import type { LiveRuns } from '../console/live/live_runs'
import { listRuns } from '../console/live/rollout_list'
import type { ConsoleState } from '../console/pages/console_state'
import { readFleet } from '../console/pages/fleet_data'
import { seesRepository } from '../console/pages/pipeline_data'
import { Sight } from '../console/pages/sight'
import { rolloutsOfCommits } from '../history/deployed_commits'
import { findRuns } from '../history/find_runs'
import { accountsOf } from '../pipeline/pipeline_account'
import { putBackCommand } from '../reporting/put_back_command'
import { runJsonOf } from '../reporting/run_json'
import { findLeftHosts } from '../rollout/model/out_of_rotation'
import { readJournalState } from '../run/recorded_run'
import { document, formOf } from './api_document'
import { plansIn } from './deploy_wishes'
import { documentOfAnnouncing, documentOfRepository } from './pipeline_document'

/** The runs of a page of the history, and the commits of a page of a repository. */
const MAX_RUNS = 20
const MAX_COMMITS = 20

const ENVIRONMENT = 'the name of an environment'
const BEFORE = 'the run before which the page begins, as the link to the next page has it'
const FROM = 'the number at which the page begins, as the link to the next page has it'

/** Returns what the API reads, from the same state as the pages, each in the form of a command where there is one. */
export function apiReads(state: ConsoleState, live: LiveRuns): ApiRead[] {
  const sightOf = ({ may }: ApiRequest) => new Sight(may, state.environments())
  return [
    {
      name: 'get status',
      path: '/status',
      summary: 'The hosts that are out of rotation, and the locks of rollouts.',
      query: {},
      ...formOf('lockstep/status/1'),
      read: (request) => readStatus(state, sightOf(request)),
    },
    {
      name: 'list rollouts',
      path: '/rollouts',
      summary: 'The rollouts of this control host, those under way first.',
      query: { before: BEFORE },
      ...formOf('lockstep/rollouts/1'),
      async read(request) {
        const { before } = request.query
        const sees = (environment: string) => request.may('look', environment)
        const runs = await listRuns(live.journals(), live.summaries, sees, before)
        const shown = [...(before === undefined ? runs.underWay : []), ...runs.others]
        const rollouts = shown.map(
          ({ run, course, environment = '', features, title, sentence, by, beganAt }) => ({
            run,
            course,
            environment,
            features,
            title,
            sentence,
            by: by ?? '',
            beganAt: new Date(beganAt).toISOString(),
          }),
        )
        const notKnown = runs.isUnknown ? ['not every journal says of which environment it is'] : []
        const next = runs.next === undefined ? undefined : { before: runs.next }
        return document('lockstep/rollouts/1', { rollouts, notKnown }, next)
      },
    },
    {
      name: 'get rollout',
      path: '/rollouts/:run',
      summary: 'A rollout with each line, and what was seen on each host.',
      query: {},
      ...formOf('lockstep/run/1'),
      async read({ param, may }) {
        const seen = await live.find({ run: param('run'), may })
        if (seen === undefined) return undefined
        const { journal, environment } = seen
        const { first, state: run } = await readJournalState(journal.path)
        const isSame = first?.type === 'read' && first.run === journal.run && run.environment === environment
        return isSame ? { pieces: runJsonOf(run) } : undefined
      },
    },
    {
      name: 'list history',
      path: '/history',
      summary: 'The runs of the history; the first page has the newest ones.',
      query: {
        environment: ENVIRONMENT,
        release: 'the name of a release',
        host: 'the identity of a host',
        ticket: 'a ticket',
        before: BEFORE,
      },
      ...formOf('lockstep/history/1'),
      read: (request) => Promise.resolve(readHistory(request, state, sightOf(request))),
    },
    {
      name: 'get pipeline',
      path: '/pipeline',
      summary: 'What became of pushes, and the plans that wait for approval.',
      query: { repository: 'the name of a repository', from: FROM },
      ...formOf('lockstep/pipeline/1'),
      read: (request) => readPipeline(request, state, sightOf(request)),
    },
    {
      name: 'get fleet',
      path: '/fleet',
      summary: 'The hosts of an environment, by the inventory and the history.',
      query: {
        environment: `${ENVIRONMENT}; the first that may be looked at where it is left out`,
        find: 'a part of a name or of a class',
        from: FROM,
      },
      ...formOf('lockstep/fleet/1'),
      read: (request) => readHosts(request, state, sightOf(request)),
    },
  ]
}

async function readStatus(state: ConsoleState, sight: Sight): Promise<ApiAnswer> {
  const { journals, faults } = state.journals()
  const holders = await state.sources.locks()
  const environments = new Map(
    journals.flatMap(({ run, entries }) => {
      const began = entries.find((entry) => entry.type === 'run')
      return began === undefined ? [] : [[run, began.environment] as const]
    }),
  )
  const sees = ({ run }: { run: string }) => {
    const environment = environments.get(run)
    return environment === undefined ? sight.seesAll : sight.sees(environment)
  }
  const isKnown = typeof holders !== 'string'
  return document('lockstep/status/1', {
    out: findLeftHosts(journals)
      .filter(sees)
      .map((item) => ({ ...item, putBack: putBackCommand(item.run, journals) })),
    locks: isKnown ? holders.filter(sees) : null,
    notKnown: sight.faults([...faults, ...(isKnown ? [] : [holders])]),
  })
}

function readHistory({ query }: ApiRequest, state: ConsoleState, sight: Sight): ApiAnswer | undefined {
  const { before, ...wanted } = query
  const { runs, damaged } = state.knowledge()
  const found = findRuns(
    runs.filter(({ environment }) => sight.sees(environment)),
    wanted,
  )
  const end = before === undefined ? found.length : found.findIndex(({ run }) => run === before)
  if (end === -1) return undefined
  const shown = found.slice(Math.max(0, end - MAX_RUNS), end)
  const next = end > MAX_RUNS ? { ...wanted, before: shown[0]?.run } : undefined
  return document('lockstep/history/1', { runs: shown, notKnown: sight.faults(damaged) }, next)
}

async function readPipeline(
  { query: { repository: wanted, from } }: ApiRequest,
  state: ConsoleState,
  sight: Sight,
): Promise<ApiAnswer | undefined> {
  const { sources } = state
  const { known, faults } = state.pipeline()
  const isWanted = ({ repository }: { repository: string }) =>
    (wanted === undefined || repository === wanted) && seesRepository(repository, known, state, sight)
  const accounts = accountsOf(known).filter(isWanted)
  if (wanted !== undefined && accounts.length === 0) return undefined
  const begin = /^\d{1,9}$/.test(from ?? '') ? Number(from) : 0
  const parts = accounts.map(({ commits, ...account }) => ({
    ...account,
    commits: commits.slice(begin, begin + MAX_COMMITS).map((commit) => ({
      ...commit,
      fetches: new Map([...commit.fetches].filter(([environment]) => sight.sees(environment))),
    })),
  }))
  const knowledge = state.knowledge()
  const runs = knowledge.runs.filter(({ environment }) => sight.sees(environment))
  const commits = parts.flatMap((part) => part.commits)
  const rolloutsOf = await rolloutsOfCommits(commits, runs, (run) => state.verdictOf(run))
  const plansOf = plansIn(known)
  const ownPlans: typeof plansOf = (repository, commit) =>
    plansOf(repository, commit).filter(({ plan }) => sight.sees(plan.environment))
  const spools = sources.spools()
  const visible = 'fault' in spools || !sight.seesAll ? undefined : spools
  const packages = known.announced.repositories
    .filter(({ repository }) => wanted === undefined || repository === wanted)
    .map((each) => ({
      ...each,
      refreshes: new Map([...each.refreshes].filter(([, { environment }]) => sight.sees(environment))),
    }))
    .filter(({ refreshes }) => refreshes.size > 0 || sight.seesAll)
  const [only] = accounts
  const isMore = wanted !== undefined && (only?.commits.length ?? 0) > begin + MAX_COMMITS
  return document(
    'lockstep/pipeline/1',
    {
      served: sources.servedOn() !== undefined,
      repositories: parts.map((part) => documentOfRepository(part, rolloutsOf, ownPlans)),
      packages: packages.map(documentOfAnnouncing),
      spool: visible?.account ?? null,
      announcements: visible?.announcements ?? null,
      revisions: visible?.revisions ?? null,
      notKnown: sight.faults([...faults, ...knowledge.damaged, ...('fault' in spools ? [spools.fault] : [])]),
    },
    isMore ? { repository: wanted, from: String(begin + MAX_COMMITS) } : undefined,
  )
}

async function readHosts(
  { query }: ApiRequest,
  state: ConsoleState,
  sight: Sight,
): Promise<ApiAnswer | undefined> {
  const { environment = null, find = '', from = null } = query
  const found = await readFleet({ environment, wanted: find.trim(), from }, state, sight)
  if (found === undefined) return undefined
  const { hosts, environments, faults, inventory } = found
  const begun = hosts.from + hosts.shown.length
  return document(
    'lockstep/fleet/1',
    {
      environment: found.environment ?? null,
      environments,
      count: hosts.count,
      hosts: hosts.shown.map(({ host, isExpected, classes, facts, release, versions, lastRun }) => ({
        host,
        expected: isExpected,
        classes,
        facts,
        release: release === undefined ? null : pick(release),
        resources: versions.map(([resource, { version, run, at }]) => ({ resource, version, run, at })),
        lastRun: lastRun === undefined ? null : { run: lastRun.run, at: lastRun.at },
      })),
      notKnown: [
        ...faults,
        ...inventory.notRead.map((source) => `${source} of the inventory is not asked`),
        ...(inventory.fault === undefined ? [] : sight.faults([inventory.fault])),
      ],
    },
    begun < hosts.count ? { ...query, from: String(begun) } : undefined,
  )
}

function pick({
  release,
  standing,
  run,
  since,
}: {
  release: string
  standing: 'had' | 'unfinished' | 'went back'
  run: string
  since: string
}) {
  return { release, standing, run, since }
}
