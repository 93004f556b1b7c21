import { userInfo } from 'node:os'
import { DeployRequests } from '../pipeline/deploy_requests'
import type { PlanOfTag } from '../pipeline/deploy_state'
import { plansOfCommits, whyNotToApprove } from '../pipeline/judge_approval'
import type { PipelineState } from '../pipeline/pipeline_state'
import { fits } from '../rpc/contracts/contract'
import { tagName } from '../rpc/contracts/rules'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import { shortId } from '../system/git_names'
import type { Call, Outcome } from './command'

export interface Wishing {
  known: PipelineState
  /** The machine of the `lockstep serve` that serves; undefined where none does. */
  servedOn: string | undefined
  /** The folder of the state, as an absolute path. */
  state: string
  env: Call['env']
}

/** Leaves with `lockstep serve` that exactly this plan may be carried out. @throws LockstepError for another one */
export function approvePlan(name: string, repository: string | undefined, wishing: Wishing): Outcome {
  const { known, state, env, servedOn } = wishing
  const wanted = expectRepository(repository, `--approve ${name}`)
  const all = known.deploys.plans.filter((each) => each.repository === wanted)
  const plan = all.findLast(({ outcome }) => outcome?.plan === name)
  if (plan === undefined) {
    const waiting = all.filter((each) => whyNotToApprove(known, each, takesTag) === undefined)
    const names = waiting.map(({ outcome, environment }) => `${outcome?.plan ?? ''} for ${environment}`)
    throw new LockstepError(
      'bad-input',
      `no plan of ${wanted} is called ${JSON.stringify(name)}; ${names.length === 0 ? 'none waits for approval' : `expected one that waits for approval: ${names.join(', ')}`}`,
    )
  }
  const why = whyNotToApprove(known, plan, takesTag)
  if (why !== undefined)
    throw new LockstepError(
      'gate-closed',
      `the plan ${name} of ${wanted} for ${plan.environment} cannot be approved: ${why}; ${formatLockstep(`pipeline ${wanted} --plan ${plan.environment}`)} has it planned again`,
    )
  new DeployRequests(state).leave({
    kind: 'approve',
    repository: wanted,
    run: plan.run,
    plan: name,
    by: personIn(env),
  })
  return { text: `${wanted}: ${describe(plan)} is rolled out ${when(servedOn)}.\n`, exitCode: 0 }
}

/** Leaves with `lockstep serve` that the deploy to an environment is to be planned again. */
export function askForPlan(environment: string, repository: string | undefined, wishing: Wishing): Outcome {
  const { known, state, env, servedOn } = wishing
  const wanted = expectRepository(repository, `--plan ${environment}`)
  if (known.deploys.newest(wanted, environment) === undefined)
    throw new LockstepError(
      'bad-input',
      `no deploy of ${wanted} to ${JSON.stringify(environment)} was ever planned; lockstep serve plans one once all hosts have a tag whose tests have passed`,
    )
  new DeployRequests(state).leave({ kind: 'plan', repository: wanted, environment, by: personIn(env) })
  return {
    text: `${wanted}: the deploy to ${environment} is planned again ${when(servedOn)}.\n`,
    exitCode: 0,
  }
}

/**
 * Leaves with `lockstep serve` that nothing of a rollout runs any more.
 * @throws LockstepError `bad-input` for one that is not under way, `gate-closed` where its machine can be asked itself
 */
export function tellGone(run: string, repository: string | undefined, wishing: Wishing): Outcome {
  const { known, state, env, servedOn } = wishing
  const wanted = expectRepository(repository, `--gone ${run}`)
  const rollout = known.deploys.plans
    .filter((plan) => plan.repository === wanted)
    .find((plan) => plan.rollout?.run === run)?.rollout
  if (rollout?.state !== 'running')
    throw new LockstepError(
      'bad-input',
      rollout === undefined
        ? `no rollout of ${wanted} has the run ${JSON.stringify(run)}; ${formatLockstep(`pipeline ${wanted}`)} names those that may still run`
        : `the rollout ${run} of ${wanted} has ended already`,
    )
  if (rollout.machine === servedOn)
    throw new LockstepError(
      'gate-closed',
      `the rollout ${run} was begun on ${rollout.machine}, where lockstep serve sees its processes, and tells their end; nothing is to be said of it`,
    )
  new DeployRequests(state).leave({ kind: 'gone', repository: wanted, run, by: personIn(env) })
  return {
    text: `${wanted}: it is told ${when(servedOn)} that nothing of the rollout ${run} runs on ${rollout.machine} any more.\n`,
    exitCode: 0,
  }
}

/** Returns the plans of a commit, each with why it cannot be carried out any more. */
export function plansIn(state: PipelineState) {
  return plansOfCommits(state, takesTag)
}

/** Returns a plan as JSON has it. */
export function documentOfPlan({ plan, over }: { plan: PlanOfTag; over: string | undefined }) {
  const { run, environment, tag, approval, state, begunAt, endedAt, outcome, approved, rollout } = plan
  return {
    run,
    environment,
    tag,
    approval,
    state,
    begunAt,
    endedAt: endedAt ?? null,
    plan: outcome?.plan ?? null,
    hosts: outcome?.plan == null ? null : outcome.hosts,
    changes: outcome?.plan == null ? null : outcome.changes,
    why: outcome?.why ?? null,
    over: over ?? null,
    approved: approved === undefined ? null : { at: approved.at, by: approved.by },
    rollout:
      rollout === undefined
        ? null
        : {
            run: rollout.run,
            machine: rollout.machine,
            begunAt: rollout.begunAt,
            state: rollout.state,
            endedAt: rollout.endedAt ?? null,
            verdict: rollout.outcome?.verdict ?? null,
            why: rollout.outcome?.why ?? null,
          },
  }
}

/** Returns whether hosts take a tag of this name. */
function takesTag(tag: string): boolean {
  return fits(tagName, tag)
}

/** Returns the person who calls: `sudo` has another user than that. */
function personIn(env: Call['env']): string {
  return env['SUDO_USER'] || userInfo().username
}

function expectRepository(repository: string | undefined, said: string): string {
  if (repository !== undefined) return repository
  throw new LockstepError(
    'bad-input',
    `${said.split(' ')[0] ?? ''} is of one repository; say: ${formatLockstep(`pipeline NAME ${said}`)}`,
  )
}

function describe({ outcome, tag, commit, environment }: PlanOfTag): string {
  return `exactly the plan ${outcome?.plan ?? ''} of ${tag} (${shortId(commit)}) for ${environment}`
}

function when(servedOn: string | undefined): string {
  return servedOn === undefined ? 'once lockstep serve runs' : 'soon'
}
