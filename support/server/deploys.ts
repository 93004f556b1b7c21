import type { PipelineSettings } from '../config/pipeline_setting'
import { DeployRequests } from '../pipeline/deploy_requests'
import { whyPlanNotApproved, type RightsNow } from '../people/rights_now'
import { Deployer, type DeployedRepository, type DeployerParts, type Deploys } from '../pipeline/deployer'
import { takeDeployRequests } from '../pipeline/take_deploy_requests'
import { pause } from '../system/clock'
import { groupBy } from '../system/groups'
import { lookAfterEvents, lookEachSecond, troubleOf } from './loops'
import type { Part, PartContext } from './part'

/** The events by which there may be something to plan or to roll out. */
const CHANGES_IT = [
  'commit seen',
  'change passed over',
  'build ended',
  'hosts have fetched',
  'plan asked for',
  'plan approved',
  'approval ended',
  'rollout ended',
] as const

export interface Deploying {
  deploys: Deploys
  takesTag(tag: string): boolean
  /** Returns the name of a user of this machine. */
  nameOf(user: number): Promise<string>
  /** The rights of people of the console, as they are written at the moment. */
  rights: RightsNow
}

/**
 * Returns the parts that plan and roll out what hosts have fetched, one for each environment, the one that takes what
 * people wish about it, and the one that follows what was begun before. Where nothing is deployed any more, a person can
 * still say that nothing runs of a rollout of another machine.
 */
export function deployParts(
  { repositories }: Pick<PipelineSettings, 'repositories'>,
  deploying: Deploying,
): Part[] {
  const deployed = deployedIn({ repositories })
  const earlier = earlierDeploys(new Set(deployed.map(({ environment }) => environment)), deploying)
  const byEnvironment = groupBy(deployed, ({ environment }) => environment)
  let tell = () => {}
  // What a person has approved while no process ran comes before what this one plans anew.
  const first = new Promise<void>((resolve) => (tell = resolve))
  return [
    wishes(deployed, deploying, tell),
    ...[...byEnvironment].map(([environment, of]) => deploysTo(environment, of, deploying, first)),
    earlier,
  ]
}

/** Returns the deploys that the configuration has planned. */
export function deployedIn({
  repositories,
}: Pick<PipelineSettings, 'repositories'>): readonly DeployedRepository[] {
  return repositories.flatMap(({ name, deploys = [] }) =>
    deploys.map((settings): DeployedRepository => ({ ...settings, repository: name })),
  )
}

function approvalsBy(rights: RightsNow): DeployerParts['faultOfApproval'] {
  return (approved, environment) => whyPlanNotApproved(approved, environment, rights)
}

/** Tells what became of rollouts and plans for environments that nothing is deployed to any more. It begins none. */
function earlierDeploys(configured: ReadonlySet<string>, { deploys, takesTag, rights }: Deploying): Part {
  return {
    name: 'earlier deploys',
    async run({ pipeline, clock, signal }) {
      const open = pipeline.state.deploys.plans.filter(
        ({ environment, state, rollout }) =>
          !configured.has(environment) && (state === 'running' || rollout?.state === 'running'),
      )
      const environments = new Set(open.map(({ environment }) => environment))
      await Promise.all(
        [...environments].map((environment) =>
          followEarlier(
            new Deployer({
              environment,
              repositories: [],
              log: pipeline,
              deploys,
              takesTag,
              faultOfApproval: approvalsBy(rights),
              clock,
            }),
            { clock, signal },
          ),
        ),
      )
    },
  }
}

/** A rollout of another machine is looked at again, until its end is known. */
async function followEarlier(
  deployer: Deployer,
  { clock, signal }: Pick<PartContext, 'clock' | 'signal'>,
): Promise<void> {
  while (!signal.aborted) {
    const rest = await deployer.look(signal)
    if (rest === undefined) return
    await pause(clock, rest, signal).catch(() => {})
  }
}

function deploysTo(
  environment: string,
  repositories: readonly DeployedRepository[],
  { deploys, takesTag, rights }: Deploying,
  first: Promise<void>,
): Part {
  return {
    name: `deploys to ${environment}`,
    async run(context) {
      const { pipeline, clock } = context
      const deployer = new Deployer({
        environment,
        repositories,
        log: pipeline,
        deploys,
        takesTag,
        faultOfApproval: approvalsBy(rights),
        clock,
      })
      await first
      await lookAfterEvents(context, CHANGES_IT, (signal) => deployer.look(signal))
    },
  }
}

/** Takes what people ask for with `lockstep pipeline --approve` and `--plan`. */
function wishes(
  repositories: readonly DeployedRepository[],
  { takesTag, nameOf, deploys }: Deploying,
  onLook: () => void,
): Part {
  return {
    name: 'wishes',
    async run(context) {
      const { state, pipeline, log, redact } = context
      const from = new DeployRequests(state)
      const parts = { log: pipeline, repositories, deploys, takesTag, nameOf }
      const take = async () => {
        from.open()
        for (const refused of await takeDeployRequests(from, parts))
          log.warn(redact(`a wish about a deploy: ${refused}`))
      }
      await lookEachSecond(context, () => troubleOf('wishes about deploys', take).finally(onLook)).finally(
        onLook,
      )
    },
  }
}
