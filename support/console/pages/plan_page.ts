import { join } from 'node:path'
import type { ConsoleApproval } from '../../config/console_setting'
import { isSamePerson, nameInConsole, type Act, type Person } from '../../people/person'
import type { PlanOfTag } from '../../pipeline/deploy_state'
import { judgePlan, whyNotToApprove } from '../../pipeline/judge_approval'
import type { PipelineState } from '../../pipeline/pipeline_state'
import type { Plan } from '../../planning/plan'
import { readPlan } from '../../planning/plan_file'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { LockstepError } from '../../system/errors'
import { shortId } from '../../system/git_names'
import { addressOf, facts, linkTo, nameOf, timeOf } from './parts'
import { linkToRun, noPlan, planView } from './plan_view'

export type ApprovalIn = (environment: string) => ConsoleApproval

/** Returns why this person may not approve a plan that others may; undefined where they may. */
export function whyNotBy(
  plan: Pick<PlanOfTag, 'environment' | 'askedBy'>,
  { person, may }: { person: Person; may: (act: Act, environment: string) => boolean },
  approvalIn: ApprovalIn,
): string | undefined {
  const { environment, askedBy } = plan
  if (!may('approve', environment))
    return `the policy does not allow ${person.name} to approve in ${environment}`
  return approvalIn(environment) === 'another person' &&
    askedBy.some((each) => isSamePerson(each, nameInConsole(person)))
    ? `${person.name} asked for this plan, and lockstep.yaml wants another person to approve it`
    : undefined
}

/** What the page of a plan of the pipeline shows. */
export interface PlanPageData {
  plan: PlanOfTag
  content: Plan | string
  /** Why no one can approve it any more, or yet; undefined where it waits. */
  over: string | undefined
  /** Why an approved plan is not rolled out any more. */
  lapsed: string | undefined
  /** Why the reader may not. */
  notBy: string | undefined
  /** Why a person has to, where the configuration approves others. */
  person: string | undefined
  mayPlan: boolean
  approveForm: string
  againForm: string
}

export function readPlanPage(
  known: PipelineState,
  plan: PlanOfTag,
  state: string,
  takesTag: (tag: string) => boolean,
): Pick<PlanPageData, 'plan' | 'content' | 'over' | 'lapsed' | 'person'> {
  const { over: lapsed, person } = judgePlan(known, plan, takesTag)
  return {
    plan,
    content: contentOf(plan, state),
    over: whyNotToApprove(known, plan, takesTag),
    lapsed,
    person,
  }
}

function contentOf({ run, outcome }: PlanOfTag, state: string): Plan | string {
  if (outcome?.plan == null) return outcome?.why ?? 'it is still being made'
  try {
    return readPlan(outcome.plan, join(state, 'pipeline', 'runs', run)).content
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
}

/** Shows a plan of the pipeline whole, and first what the reader can do about it. */
export function planPage(data: PlanPageData): Markup {
  const { plan, content } = data
  const { repository, tag, commit, askedBy, begunAt, approved, rollout, outcome } = plan
  const rows: [string, string | Markup][] = [
    ['repository', linkTo(addressOf('pipeline', repository), nameOf(repository))],
    ['commit', page`${nameOf(tag)}, <code>${shortId(commit)}</code>`],
    ['planned', page`${timeOf(begunAt)}, by run ${plan.run}`],
    ...(askedBy.length === 0 ? [] : [['asked for by', askedBy.join(', ')] as [string, string]]),
    ...(approved === undefined
      ? []
      : [
          ['approved', page`by ${approved.by ?? 'lockstep.yaml'} at ${timeOf(approved.at)}`] as [
            string,
            Markup,
          ],
        ]),
    ...(rollout === undefined
      ? []
      : [
          [
            'rollout',
            page`${linkToRun(rollout.run)} on ${rollout.machine}: ${rollout.outcome?.verdict ?? rollout.state}${rollout.outcome?.why == null ? '' : `: ${rollout.outcome.why}`}`,
          ] as [string, Markup],
        ]),
  ]
  return page`${nextOf(data)}${facts(rows)}${
    typeof content === 'string' ? noPlan(content) : planView(outcome?.plan ?? '', content)
  }`
}

/** Returns whether something of a plan goes on by itself, which the page shows once it is loaded again. */
export function isUnderWay({ plan, lapsed }: Pick<PlanPageData, 'plan' | 'lapsed'>): boolean {
  if (plan.state === 'running') return true
  return (
    plan.approved !== undefined && lapsed === undefined && (plan.rollout?.state ?? 'running') === 'running'
  )
}

/** Shows the one thing that the reader can do next, or why there is none. */
function nextOf(data: PlanPageData): Markup {
  const { plan, content, over, notBy, person, approveForm } = data
  const isWhole = typeof content !== 'string'
  const again = againOf(data)
  if (plan.approved !== undefined) return approvedCard(data, again)
  if (plan.state === 'running')
    return page`<section class="card going"><p class="lead">It is being made. This page loads itself again.</p>\n${again}</section>\n`
  if (over !== undefined)
    return page`<section class="card"><p class="lead">This plan cannot be approved: ${over ?? ''}.</p>\n${again}</section>\n`
  if (!isWhole)
    return page`<section class="card out"><p class="lead bad">This plan cannot be seen, so no one can approve it here.</p>\n${again}</section>\n`
  const ended =
    plan.approvalEnded === undefined ? NOTHING : page`<p class="lead bad">${plan.approvalEnded}.</p>\n`
  if (notBy !== undefined)
    return page`<section class="card wait">${ended}<p class="lead">It waits for approval, and not by you: ${notBy}.</p>\n${again}</section>\n`
  return page`<section class="card wait">${ended}<p class="lead">It waits for your approval${person === undefined ? '' : `, since ${person}`}. You approve these hosts, and what each line below changes. Anything else is refused by the rollout.</p>
<form method="post" action="${addressOf('pipeline', plan.repository, 'plans', plan.run, 'approve')}"><input type="hidden" name="form" value="${approveForm}"><input type="hidden" name="plan" value="${plan.outcome?.plan ?? ''}"><button>Approve exactly this plan</button></form>
${again}</section>
`
}

/** Shows what becomes of a plan that was approved. */
function approvedCard({ plan, lapsed }: PlanPageData, again: Markup): Markup {
  const { approved, rollout } = plan
  const yes = page`Approved by ${approved?.by ?? 'lockstep.yaml'}`
  const card = (kind: string, then: Markup) =>
    page`<section class="card ${kind}"><p class="lead">${yes}${then}</p>\n${again}</section>\n`
  if (rollout === undefined)
    return lapsed === undefined
      ? card('going', page`. Its rollout is started next. This page loads itself again.`)
      : card('out', page`, and not rolled out: ${lapsed}.`)
  const { run, state, outcome } = rollout
  if (state === 'running')
    return card('going', page`. Run ${linkToRun(run)} rolls it out. This page loads itself again.`)
  const why = outcome?.why == null ? NOTHING : page`: ${outcome.why}`
  return card(
    state === 'succeeded' ? 'well' : 'out',
    page`. Run ${linkToRun(run)} was its rollout: <b>${outcome?.verdict ?? state}</b>${why}`,
  )
}

function againOf({ plan, mayPlan, againForm }: PlanPageData): Markup {
  return mayPlan
    ? page`<form method="post" action="${addressOf('pipeline', plan.repository, 'plans', plan.run, 'again')}"><input type="hidden" name="form" value="${againForm}"><button>Plan again</button></form>\n`
    : NOTHING
}
