import type { DeployRequest, DeployRequests } from './deploy_requests'
import type { DeployedRepository, Deploys } from './deployer'
import { whyNotToApprove } from './judge_approval'
import type { PipelineLog } from './receive'

export interface TakingDeploys {
  log: PipelineLog
  repositories: readonly DeployedRepository[]
  deploys: Pick<Deploys, 'machine' | 'hasEnded'>
  takesTag(tag: string): boolean
  /** Returns the name of a user of this machine. */
  nameOf(user: number): Promise<string>
}

/**
 * Takes what people wish about deploys. A wish goes only when it is in the journal. Returns a sentence for each that comes
 * to nothing.
 * @throws LockstepError `journal-failed`: what waits stays
 */
export async function takeDeployRequests(requests: DeployRequests, parts: TakingDeploys): Promise<string[]> {
  const refused: string[] = []
  for (const { name, wish } of requests.waiting()) {
    const why = wish === undefined ? 'is no wish about a deploy' : await take(wish.request, wish.owner, parts)
    if (why !== undefined) refused.push(`${JSON.stringify(name)} ${why}`)
    requests.remove(name)
  }
  return refused
}

async function take(
  request: DeployRequest,
  owner: number,
  parts: TakingDeploys,
): Promise<string | undefined> {
  const by = nameBoth(request.by, await parts.nameOf(owner))
  const why = await carryOut(request, by, parts)
  return why === undefined ? undefined : `is refused: ${why}`
}

function carryOut(request: DeployRequest, by: string, parts: TakingDeploys): Promise<string | undefined> {
  switch (request.kind) {
    case 'approve':
      return approvePlan(request, by, parts)
    case 'plan':
      return askForPlan(request, by, parts)
    case 'gone':
      return endGone(request, by, parts)
  }
}

/**
 * Writes down that exactly this plan may be carried out. Resolves with why it may not.
 * @throws LockstepError `journal-failed`
 */
export async function approvePlan(
  { repository, run, plan: name }: Omit<Extract<DeployRequest, { kind: 'approve' }>, 'by'>,
  by: string,
  { log, repositories, takesTag }: Pick<TakingDeploys, 'log' | 'repositories' | 'takesTag'>,
  /** The groups of a person of the console at this moment. */
  groups?: readonly string[],
): Promise<string | undefined> {
  const plan = log.state.deploys.plan(run)
  if (plan?.repository !== repository || plan.outcome?.plan !== name)
    return `no plan ${name} of ${repository} was made by a run ${run}`
  const { environment, commit, tag } = plan
  const settings = repositories.find(
    (each) => each.repository === repository && each.environment === environment,
  )
  if (settings === undefined || settings.approval === 'none')
    return `lockstep.yaml does not say after_success: { ${environment}: approval } for ${repository}`
  const why = whyNotToApprove(log.state, plan, takesTag)
  if (why !== undefined) return why
  const own = groups === undefined ? {} : { groups: [...groups] }
  await log.append({
    type: 'plan approved',
    run,
    plan: name,
    by,
    ...own,
    repository,
    environment,
    commit,
    tag,
  })
  return undefined
}

/**
 * Writes down that a deploy is to be planned anew. Resolves with why it is not.
 * @throws LockstepError `journal-failed`
 */
export async function askForPlan(
  { repository, environment }: Omit<Extract<DeployRequest, { kind: 'plan' }>, 'by'>,
  by: string,
  { log, repositories }: Pick<TakingDeploys, 'log' | 'repositories'>,
): Promise<string | undefined> {
  const isPlanned = repositories.some(
    (each) => each.repository === repository && each.environment === environment,
  )
  if (!isPlanned) return `no deploy of ${repository} to ${environment} is planned by lockstep.yaml`
  // A kill may have left a wish that was taken.
  if (!log.state.deploys.isAskedFor(repository, environment))
    await log.append({ type: 'plan asked for', repository, environment, by })
  return undefined
}

/** Ends a rollout of another machine by the word of a person, where nothing else tells its end. */
async function endGone(
  { repository, run }: Extract<DeployRequest, { kind: 'gone' }>,
  by: string,
  { log, deploys }: TakingDeploys,
): Promise<string | undefined> {
  const plan = log.state.deploys.plans.find(
    (each) => each.repository === repository && each.rollout?.run === run,
  )
  if (plan?.rollout?.state !== 'running') return `no rollout ${run} of ${repository} is under way`
  const { machine } = plan.rollout
  if (machine === deploys.machine) return `the processes of ${run} can be seen here, on ${machine}`
  if (await deploys.hasEnded(run)) return `the journal of ${run} has its end, and is judged by it`
  const { environment, commit, tag } = plan
  await log.append({
    type: 'rollout ended',
    run,
    repository,
    environment,
    commit,
    tag,
    result: 'interrupted',
    verdict: null,
    why: `its journal has no end, and a person has said that nothing of it runs on ${machine} any more`,
    by,
  })
  return undefined
}

/** A name in a file is the word of the user whose file it is. */
function nameBoth(said: string, owner: string): string {
  return said === owner ? said : `${said === '' ? 'somebody' : said}, by the word of ${owner}`
}
