import type { Plan } from '../../planning/plan'
import { html as page, linesOf, NOTHING, type Markup } from '../../reporting/html/markup'
import { hosts as counted } from '../../rollout/model/verdict'
import { STEPS, type StepName } from '../../starts/events'
import { isUnderWay } from '../../starts/starter'
import { planOf, type Start } from '../../starts/start_state'
import { addressOf, facts, linkTo, markOf, nameOf, timeOf, type Mark } from '../pages/parts'
import { linkToRun, noPlan, planView } from '../pages/plan_view'

/** What the page of a start shows. */
export interface StartPageData {
  start: Start
  standing: Mark
  /** The plan, or why it cannot be seen; undefined before there is one. */
  plan: Plan | string | undefined
  /** The text of the feature, as it was planned; undefined where it is another one by now, or before there is a plan. */
  text: string | undefined
  /** What hosts last said of its tag; undefined where it has none. */
  tag: Markup | undefined
  /** The last output of each step. */
  outputs: ReadonlyMap<StepName, string>
  /** Why the reader cannot approve, or begin the rollout. */
  notToApprove: string | undefined
  /** Why the approval counts no more; undefined where it does, and where there is none. */
  lapsed: string | undefined
  notToRollOut: string | undefined
  /** The tokens of forms that the reader may send; undefined where they may not. */
  forms: Readonly<Record<'approve' | 'roll-out' | 'withdraw' | 'again', string | undefined>>
}

const TITLES: Readonly<Record<StepName, string>> = { lint: 'Lint', rehearse: 'Rehearsal', plan: 'Plan' }

/** Shows a start: first what the reader can do next, then how far it has come, then its plan whole. */
export function startPage(data: StartPageData): Markup {
  const { start, plan, text } = data
  return page`${nextOf(data)}${wayOf(data)}${wishOf(start, data.tag)}${
    plan === undefined
      ? NOTHING
      : page`<h2>The plan</h2>\n${typeof plan === 'string' ? noPlan(plan) : planView(planOf(start)?.name ?? '', plan)}`
  }${
    text === undefined
      ? NOTHING
      : page`<details><summary>The feature, as it was planned</summary>\n${linesOf(page, text)}</details>\n`
  }<h2>Steps</h2>\n${STEPS.map((step) => stepOf(step, data))}`
}

function nextOf(data: StartPageData): Markup {
  const { start, standing, plan, notToApprove, notToRollOut, lapsed, forms } = data
  const { rollout, withdrawn } = start
  const withdraw =
    forms.withdraw === undefined
      ? NOTHING
      : formOf(start, 'withdraw', forms.withdraw, 'Withdraw this start', undefined)
  const again =
    forms.again === undefined || isUnderWay(start) || (rollout !== undefined && rollout.ended === undefined)
      ? NOTHING
      : formOf(start, 'again', forms.again, 'Plan the same again', undefined)
  const card = (kind: string, body: Markup) =>
    page`<section class="card ${kind}"><p>${markOf(standing)}</p>\n${body}${withdraw}${again}</section>\n`
  if (withdrawn !== undefined)
    return card(
      'out',
      page`<p class="lead">It was withdrawn by ${withdrawn.by} at ${timeOf(withdrawn.at)}. Nothing of it is rolled out.</p>\n`,
    )
  if (rollout !== undefined) {
    const { ended } = rollout
    const why = ended?.why == null ? NOTHING : page`<p>${ended.why}</p>\n`
    const kind = ended === undefined ? 'going' : ended.result === 'succeeded' ? 'well' : 'out'
    return card(
      kind,
      page`<p class="lead">Run ${linkToRun(rollout.run)}, begun by ${rollout.by} at ${timeOf(rollout.begunAt)}${ended === undefined ? ', is under way' : ''}.</p>\n${why}`,
    )
  }
  if (isUnderWay(start))
    return card(
      'going',
      page`<p class="lead">It is linted, rehearsed and planned, one after the other. This page loads itself again. ${linkTo(addressOf('starts', start.id), 'Load again')}</p>\n`,
    )
  const name = planOf(start)?.name
  if (name === undefined) {
    const why = start.steps.at(-1)?.ended?.why ?? 'it was interrupted'
    return card('out', page`<p class="lead">Nothing was changed on any host: ${why}</p>\n`)
  }
  if (typeof plan === 'string')
    return card(
      'out',
      page`<p class="lead bad">Its plan cannot be seen, so nothing can be done with it here.</p>\n`,
    )
  const approving =
    forms.approve === undefined || notToApprove !== undefined
      ? NOTHING
      : page`<p class="lead">You approve these hosts, and what each line below changes. Anything else is refused by the rollout.</p>\n${formOf(start, 'approve', forms.approve, 'Approve exactly this plan', name)}`
  const starting =
    forms['roll-out'] === undefined || notToRollOut !== undefined
      ? NOTHING
      : page`<p class="lead">The rollout does exactly what this plan says. It refuses itself where the feature, a value, the code or a host has changed.</p>\n${formOf(start, 'roll-out', forms['roll-out'], 'Start the rollout', name)}`
  const why =
    approving === NOTHING && starting === NOTHING
      ? page`<p class="lead">${lapsed ?? `You cannot carry it on now: ${(start.approved === undefined ? notToApprove : undefined) ?? notToRollOut ?? 'the policy does not allow it to you'}`}.</p>\n`
      : NOTHING
  const without =
    lapsed === undefined || why !== NOTHING ? NOTHING : page`<p class="lead bad">${lapsed}.</p>\n`
  return card('wait', page`${without}${why}${approving}${starting}`)
}

function formOf(start: Start, act: string, token: string, button: string, plan: string | undefined): Markup {
  const named = plan === undefined ? NOTHING : page`<input type="hidden" name="plan" value="${plan}">`
  return page`<form method="post" action="${addressOf('starts', start.id, act)}"><input type="hidden" name="form" value="${token}">${named}<button>${button}</button></form>\n`
}

function wayOf({ start, standing, lapsed }: StartPageData): Markup {
  const marks: Mark[] = STEPS.map((name) => {
    const step = start.steps.find((each) => each.name === name)
    const result = step?.ended?.result
    if (step === undefined) return { text: TITLES[name], tone: 'muted' }
    if (result === undefined) return { text: `${TITLES[name]} …`, tone: 'warn' }
    return result === 'succeeded'
      ? { text: `✔ ${TITLES[name]}`, tone: 'good' }
      : { text: `✘ ${TITLES[name]} ${result}`, tone: 'bad' }
  })
  if (planOf(start) !== undefined) {
    if (start.approved !== undefined && lapsed === undefined) marks.push({ text: '✔ Approved', tone: 'good' })
    marks.push(standing)
  }
  const items = marks.map(
    ({ text, tone }) => page`<li class="${tone === 'muted' ? 'later' : tone}">${text}</li>\n`,
  )
  return page`<ol class="way" aria-label="How far it has come">${items}</ol>\n`
}

function wishOf(start: Start, tag: Markup | undefined): Markup {
  const { feature, environment, variables, release, ticket, limit, by, askedAt, approved } = start
  const values = Object.entries(variables).map(([name, value]) => page`<b>${name}</b> ${value}<br>`)
  const plan = planOf(start)
  const rows: [string, string | Markup][] = [
    ['feature', feature],
    ['environment', nameOf(environment)],
    ...(values.length === 0 ? [] : [['values', page`${values}`] as [string, Markup]]),
    ...(tag === undefined ? [] : [['tag', tag] as [string, Markup]]),
    ...(release === null ? [] : [['release', release] as [string, string]]),
    ...(ticket === null ? [] : [['ticket', ticket] as [string, string]]),
    ...(limit === null ? [] : [['limited to', limit] as [string, string]]),
    ['asked for', page`by ${by} at ${timeOf(askedAt)}`],
    ...(plan === undefined
      ? []
      : [
          [
            'comes to',
            `${plan.changes} ${plan.changes === 1 ? 'change' : 'changes'} to ${counted(plan.hosts)}`,
          ] as [string, string],
        ]),
    ...(approved === undefined
      ? []
      : [['approved', page`by ${approved.by} at ${timeOf(approved.at)}`] as [string, Markup]]),
  ]
  return facts(rows)
}

function stepOf(name: StepName, { start, outputs }: StartPageData): Markup {
  const step = start.steps.find((each) => each.name === name)
  if (step === undefined) return page`<p class="muted">${TITLES[name]}: not begun</p>\n`
  const output = outputs.get(name)
  const said = step.ended === undefined ? 'is under way' : step.ended.result
  const why = step.ended?.why == null ? NOTHING : page`<p class="bad">${step.ended.why}</p>\n`
  const shown =
    output === undefined
      ? NOTHING
      : page`<details><summary>What it printed</summary>\n${linesOf(page, output)}</details>\n`
  return page`<section class="run"><p><b>${TITLES[name]}</b>: ${said} <span class="muted">run ${step.run}, ${timeOf(step.begunAt)}</span></p>
${why}${shown}</section>
`
}
