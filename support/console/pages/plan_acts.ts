import * as v from 'valibot'
import { nameInConsole, type Person } from '../../people/person'
import { whyNotNow, type RightsNow } from '../../people/rights_now'
import type { PlanOfTag } from '../../pipeline/deploy_state'
import { whyNotToApprove } from '../../pipeline/judge_approval'
import type { PipelineState } from '../../pipeline/pipeline_state'
import type { FormRoute } from '../act'
import { answerPage } from '../page'
import {
  notAllowed,
  personalAct,
  refused,
  type ActOutcome,
  type PersonalAct,
  type PersonalRequest,
} from '../personal_act'
import { html as page } from '../../reporting/html/markup'
import type { ConsoleState } from './console_state'
import { addressOf, linkTo, nameOf } from './parts'
import { isUnderWay, planPage, readPlanPage, whyNotBy, type ApprovalIn } from './plan_page'

/** Has what people say about plans of the pipeline written down, by the process that serves. Each resolves with why not. */
export interface PlanApprovals {
  approve(
    plan: { repository: string; run: string; plan: string },
    person: Person,
    isFit: (known: PipelineState) => string | undefined,
  ): Promise<string | undefined>
  askForPlan(repository: string, environment: string, by: string): Promise<string | undefined>
}

export interface PlanSurroundings {
  state: ConsoleState
  plans: PlanApprovals
  approvalIn: ApprovalIn
  /** The rights of people as they are written at the moment. */
  rights: RightsNow
}

const PATH = '/pipeline/:repository/plans/:run'
/** Seconds after which a page is loaded again, while something of its plan goes on. */
const RELOAD_AFTER_S = 5
const UNKNOWN = refused('there is no such plan that you may look at', 404)

/** Returns the page of each plan of the pipeline. */
export function planRoutes({ state, approvalIn }: PlanSurroundings): FormRoute[] {
  return [
    {
      path: PATH,
      answer(request) {
        const { person, may, newForm } = request
        const plan = planOf(state, request)
        if (plan === undefined)
          return answerPage(
            {
              title: 'Not found',
              path: '/pipeline',
              person,
              body: page`<p class="lead">There is no such plan that you may look at.</p>\n<p>${linkTo('/pipeline', 'Go back')}</p>\n`,
            },
            404,
          )
        const { takesTag } = state.sources
        const data = readPlanPage(state.pipeline().known, plan, state.sources.state, takesTag)
        const at = addressOf('pipeline', plan.repository, 'plans', plan.run)
        const canApprove = data.over === undefined && whyNotBy(plan, request, approvalIn) === undefined
        const mayPlan = may('plan', plan.environment)
        const shown = planPage({
          ...data,
          notBy: whyNotBy(plan, request, approvalIn),
          mayPlan,
          approveForm: canApprove ? newForm(`${at}/approve`) : '',
          againForm: mayPlan ? newForm(`${at}/again`) : '',
        })
        const answer = answerPage({
          title: `Plan of ${nameOf(plan.tag)} for ${nameOf(plan.environment)}`,
          path: '/pipeline',
          person,
          body: shown,
        })
        if (isUnderWay(data)) answer.headers.set('refresh', String(RELOAD_AFTER_S))
        return answer
      },
    },
  ]
}

/** Returns what people can do about plans of the pipeline. */
export function planActs({ state, plans, approvalIn, rights }: PlanSurroundings): PersonalAct[] {
  const { takesTag } = state.sources
  return [
    personalAct({
      name: 'approve a plan',
      path: `${PATH}/approve`,
      summary:
        'Approves exactly one plan of the pipeline, by its name and the run that made it. It is rolled out once.',
      schema: v.strictObject({
        plan: v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/), v.description('the name of exactly this plan')),
      }),
      async perform(request, fields) {
        const plan = planOf(state, request)
        if (plan === undefined) return UNKNOWN
        const { repository, run, environment } = plan
        const notBy = whyNotBy(plan, request, approvalIn)
        if (notBy !== undefined) return refused(notBy, 403)
        if (plan.outcome?.plan !== fields.plan)
          return refused(`the plan of this page has another name by now, or never had this one`, 409)
        const known = state.pipeline().known
        const over = whyNotToApprove(known, plan, takesTag)
        if (over !== undefined) return refused(over, 409)
        const shown = readPlanPage(known, plan, state.sources.state, takesTag).content
        if (typeof shown === 'string') return refused(`the plan cannot be read: ${shown}`, 409)
        await request.note(`the plan ${fields.plan} of run ${run} for ${environment}`)
        const isFit = (now: PipelineState) => {
          const newest = now.deploys.plan(run)
          const { person } = request
          const earlier = { ...person, at: new Date(state.sources.now()).toISOString() }
          return (
            newest &&
            (whyNotBy(newest, request, approvalIn) ??
              whyNotNow(earlier, 'approve', newest.environment, rights))
          )
        }
        const why = await plans.approve({ repository, run, plan: fields.plan }, request.person, isFit)
        return why === undefined
          ? done(plan, `the plan ${fields.plan} is approved, and is rolled out next`)
          : refused(why, 409)
      },
    }),
    personalAct({
      name: 'plan again',
      path: `${PATH}/again`,
      summary: 'Has a deploy of the pipeline planned again. The person who asks may not approve that plan.',
      schema: v.strictObject({}),
      async perform(request) {
        const plan = planOf(state, request)
        if (plan === undefined) return UNKNOWN
        const { repository, environment } = plan
        if (!request.may('plan', environment)) return notAllowed(request.person, 'plan', environment)
        await request.note(`the deploy of ${repository} to ${environment}`)
        const why = await plans.askForPlan(repository, environment, nameInConsole(request.person))
        return why === undefined
          ? {
              result: 'done',
              says: `the deploy to ${environment} is planned again`,
              at: addressOf('pipeline', repository),
            }
          : refused(why, 409)
      },
    }),
  ]
}

/** Returns the plan that a path names, where the person may look at its environment. */
function planOf(
  state: ConsoleState,
  { param, may }: Pick<PersonalRequest, 'param' | 'may'>,
): PlanOfTag | undefined {
  const plan = state.pipeline().known.deploys.plan(param('run'))
  return plan?.repository === param('repository') && may('look', plan.environment) ? plan : undefined
}

function done({ repository, run }: PlanOfTag, says: string): ActOutcome {
  return { result: 'done', says, at: addressOf('pipeline', repository, 'plans', run) }
}
