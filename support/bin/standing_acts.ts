import { dirname, join } from 'node:path'
import type { ConsoleApproval } from '../config/console_setting'
import type { ProcessSurroundings } from '../console/live/run_process'
import { standingContent } from '../console/standing/standing_routes'
import { environmentOf } from '../deploys/environment'
import { environmentOfRun } from '../reporting/put_back_command'
import { FollowedJournals } from '../run/followed_journals'
import { MODES } from '../run/modes'
import { newRunId, RUN_ID } from '../run/run_id'
import { systemClock } from '../system/clock'
import { isRunningWith } from '../system/command'
import { hasFileOpen, userOfProcess } from '../system/processes'
import { startApart } from '../system/start_apart'
import type { Call } from './command'

const PROGRAM = join(__dirname, 'lockstep.cjs')
/** The entries that say which hosts are out of rotation. */
const KEPT: ReadonlySet<string> = new Set(['run', 'feature', 'opened', 'closed', 'rollouts ended'])

/** Returns what a person does on the pages of a rollout that is there, with the real processes of this machine. */
export function standingActs({
  config,
  state,
  env,
  surroundings,
  approvalIn,
}: {
  config: string
  state: string
  env: Call['env']
  surroundings: ProcessSurroundings
  approvalIn: (environment: string) => ConsoleApproval
}): ReturnType<typeof standingContent> {
  const journals = new FollowedJournals(join(state, MODES.live.journals), ({ type }) => KEPT.has(type))
  const cwd = process.cwd()
  return standingContent({
    state,
    clock: systemClock,
    surroundings: {
      ...surroundings,
      userOf: userOfProcess,
      hasOpen: hasFileOpen,
      interrupt: (pid) => void process.kill(pid, 'SIGINT'),
      user: process.geteuid?.() ?? -1,
    },
    mayApproveOwn: (environment) => approvalIn(environment) !== 'another person',
    journals: () => journals.read(),
    isRunning: (id) => isRunningWith(`${RUN_ID}=${id}`),
    newId: () => newRunId(systemClock),
    start({ run, id, journals: all, output }) {
      const own = { [RUN_ID]: id, LOCKSTEP_CONFIG: config, LOCKSTEP_STATE: state }
      const journal = all.find((each) => each.run === run)
      return startApart(process.execPath, [PROGRAM, 'put-back', '--run', run], {
        cwd: dirname(config),
        env: environmentOf(env, cwd, { ...own, ...environmentOfRun(journal) }),
        output,
      })
    },
  })
}
