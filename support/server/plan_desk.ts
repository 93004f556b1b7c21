import { nameInConsole, type Person } from '../people/person'
import { approvePlan, askForPlan } from '../pipeline/take_deploy_requests'
import type { PipelineSettings } from '../config/pipeline_setting'
import { deployedIn, type Deploying } from './deploys'
import type { OpenPipeline } from './open_pipeline'
import type { Part } from './part'

const NOT_YET = 'lockstep serve has only just begun, or ends; send it again in a moment'

/** Takes what people of the console say about plans of the pipeline, in the process that serves, and nowhere else. */
export class PlanDesk {
  private pipeline: OpenPipeline | undefined
  private last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly settings: Pick<PipelineSettings, 'repositories'>,
    private readonly takesTag: Deploying['takesTag'],
  ) {}

  /** The part by which it knows the pipeline, as long as this process serves. */
  get part(): Part {
    return {
      name: 'plans on pages',
      run: async ({ pipeline, signal }) => {
        this.pipeline = pipeline
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          else signal.addEventListener('abort', () => resolve(), { once: true })
        })
        this.pipeline = undefined
        await this.last
      },
    }
  }

  /** Resolves with why the plan is not approved. `isFit` is asked again once no other approval is under way. */
  approve(
    plan: { repository: string; run: string; plan: string },
    person: Person,
    isFit: (pipeline: OpenPipeline['state']) => string | undefined,
  ): Promise<string | undefined> {
    return this.inTurn(
      async (log) =>
        isFit(log.state) ??
        (await approvePlan(
          { kind: 'approve', ...plan },
          nameInConsole(person),
          { log, repositories: deployedIn(this.settings), takesTag: this.takesTag },
          person.groups,
        )),
    )
  }

  /** Resolves with why the deploy is not planned again. */
  askForPlan(repository: string, environment: string, by: string): Promise<string | undefined> {
    return this.inTurn((log) =>
      askForPlan({ kind: 'plan', repository, environment }, by, {
        log,
        repositories: deployedIn(this.settings),
      }),
    )
  }

  private inTurn(work: (pipeline: OpenPipeline) => Promise<string | undefined>): Promise<string | undefined> {
    const turn = this.last.then(() => (this.pipeline === undefined ? NOT_YET : work(this.pipeline)))
    this.last = turn.catch(() => {})
    return turn
  }
}
