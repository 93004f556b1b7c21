import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { STEPS, type StepName } from '../../starts/events'
import {
  faultOfApproval,
  judgePlanned,
  standingNow,
  whyNotToApprove,
  whyNotToWithdraw,
  whyOver,
} from '../../starts/judge_start'
import { isUnderWay, type Starter } from '../../starts/starter'
import { planOf, type Start } from '../../starts/start_state'
import { readRegularFile } from '../../system/regular_file'
import type { FormRequest, FormRoute } from '../act'
import type { BegunRollout } from '../begun_rollout'
import { answerPage } from '../page'
import { addressOf, emptyState, linkTo, markOf, moreOf, nameOf, partOf, timeOf } from '../pages/parts'
import type { WaitingStart } from '../pages/sources'
import { listFeatures, readFeature, type StartableFeature } from './feature_list'
import { mayWithdraw, ownVariables } from './start_acts'
import { choiceForm, wishForm } from './start_form'
import { plannedIn } from './planned_in'
import { startPage } from './start_page'
import type { StartSources } from './start_sources'
import { standingOfStart } from './start_words'
import { knownTags, tagChoice, tagLine, tagsAsked, tagsWantedOf } from './tag_offer'

/** Seconds after which a page is loaded again, while something of it goes on. */
const RELOAD_AFTER_S = 5
const MAX_STARTS = 20

/** Returns the pages of starts. */
export function startRoutes(sources: StartSources): FormRoute[] {
  return [
    { path: '/start', answer: (request) => showForm(sources, request) },
    { path: '/starts', answer: (request) => showList(sources, request) },
    { path: '/starts/:start', answer: (request) => showStart(sources, request) },
  ]
}

function showForm(sources: StartSources, { person, may, url, newForm }: FormRequest): Response {
  const answer = (body: Markup, status = 200) =>
    answerPage({ title: 'Start', path: '/start', person, body }, status)
  const environments = sources.environments.filter((each) => may('look', each) && may('plan', each))
  if (environments.length === 0)
    return answer(page`<p class="lead">There is no environment that you may plan in.</p>\n`)
  const features = listFeatures(sources.folder, sources.features)
  if (features.length === 0)
    return answer(
      emptyState('lockstep.yaml names no feature that can be started from here. What comes next:', [
        [
          'Name them there, and start the service anew:',
          'console: { features: [features/deployments/*.feature] }',
        ],
      ]),
    )
  const named = [url.searchParams.get('feature'), url.searchParams.get('environment')]
  // Where there is one of each, there is nothing to choose. The form is shown, and sent by a person alone.
  const isOnly = named.every((each) => each === null) && features.length === 1 && environments.length === 1
  const [feature = null, environment = null] = isOnly ? [...features, ...environments] : named
  const choice = {
    features,
    environments,
    feature: feature ?? undefined,
    environment: environment ?? undefined,
  }
  if (feature === null && environment === null) return answer(page`${choiceForm(choice)}${toList()}`)
  const read = features.includes(feature ?? '') ? readFeature(sources.folder, feature ?? '') : undefined
  if (read === undefined || environment === null || !environments.includes(environment))
    return answer(
      page`<p class="lead bad">There is no such feature and environment to choose.</p>\n${choiceForm({ ...choice, feature: undefined, environment: undefined })}`,
      404,
    )
  const own = ownVariables(sources, environment)
  if (typeof own === 'string') return answer(page`<p class="lead bad">${own}</p>\n${choiceForm(choice)}`, 503)
  const text = readFileSync(join(sources.folder, read.path), 'utf8')
  const { asked, chooser } = tagParts(sources, read, environment, { may, url, newForm })
  const form = wishForm({ feature: read, environment, own, token: newForm('/starts'), text, choice: chooser })
  return answer(page`${choiceForm(choice)}${form}${asked}`)
}

/** Returns the choice of a tag, and what stands beside the form; nothing where the feature leaves no tag to be chosen. */
function tagParts(
  { tags }: Pick<StartSources, 'tags'>,
  { path, tag }: StartableFeature,
  environment: string,
  { may, url, newForm }: Pick<FormRequest, 'may' | 'url' | 'newForm'>,
): { asked: Markup; chooser: ((hint: string) => Markup) | undefined } {
  if (tags === undefined || tag === undefined) return { asked: NOTHING, chooser: undefined }
  const { looks } = tags.desk
  const known = knownTags(looks, environment, tagsWantedOf(path, tag, null), tags.pushed(tag.repository, may))
  const whyNot =
    looks === undefined ? 'lockstep serve has only just begun, or ends' : looks.whyNot(environment)
  const token = whyNot === undefined ? newForm('/tags') : undefined
  const named = (url.searchParams.get('tag') ?? '').trim()
  const chosen = tags.takesTag(named) ? named : ''
  return {
    asked: tagsAsked({ feature: path, environment, tag, known, whyNot, token }),
    chooser: (hint) => tagChoice({ tag, known, chosen, hint }),
  }
}

function toList(): Markup {
  return page`<p>${linkTo('/starts', 'What was started, and what waits for whom')}</p>\n`
}

function showList(sources: StartSources, { person, may, url }: FormRequest): Response {
  const { starter, fault } = sources.desk
  const all = (starter?.starts ?? []).filter(({ environment }) => may('look', environment)).toReversed()
  const part = partOf(all, url.searchParams.get('from'), MAX_STARTS)
  const over = whyOverNow(starter)
  const cards = part.shown.map((start) => startCard(start, sources, over(start)))
  const none =
    all.length === 0
      ? page`<p class="lead">Nothing was started from here that you may look at. ${linkTo('/start', 'Start')}</p>\n`
      : page`<p>${linkTo('/start', 'Start another one')}</p>\n`
  const body = page`${faultOf(fault)}${none}${cards}${moreOf(part, 'starts', MAX_STARTS, (from) => `/starts?from=${from}`)}`
  return answerPage({ title: 'Starts', path: '/start', person, body })
}

function faultOf(fault: string | undefined): Markup {
  return fault === undefined ? NOTHING : page`<p class="lead bad">${fault}</p>\n`
}

/** Shows a start in a list: what it waits for, and whom. */
function startCard(
  start: Start,
  { approvalIn, rights }: Pick<StartSources, 'approvalIn' | 'rights'>,
  over: string | undefined,
): Markup {
  const { id, feature, environment, by, askedAt, rollout } = start
  const standing = standingOfStart(standingNow(start, rights), approvalIn(environment), over)
  const kind =
    rollout !== undefined && rollout.ended === undefined ? 'going' : standing.tone === 'warn' ? 'wait' : ''
  return page`<div class="card ${kind}"><p class="lead"><b>${linkTo(addressOf('starts', id), nameOf(feature))}</b> <span class="muted">for ${nameOf(environment)}</span></p>
<p>${markOf(standing)} <span class="muted">asked for by ${by} at ${timeOf(askedAt)}</span></p></div>
`
}

/** Returns the starts that wait for a person, the newest first. */
export function waitingStarts({
  desk,
  approvalIn,
  rights,
}: Pick<StartSources, 'desk' | 'approvalIn' | 'rights'>): WaitingStart[] {
  const over = whyOverNow(desk.starter)
  return (desk.starter?.starts ?? [])
    .filter((start) => planOf(start) !== undefined && over(start) === undefined)
    .map((start) => ({
      at: addressOf('starts', start.id),
      feature: start.feature,
      environment: start.environment,
      waits: standingOfStart(standingNow(start, rights), approvalIn(start.environment)).text,
      by: start.by,
      since: start.askedAt,
    }))
    .toReversed()
}

/** Returns the rollouts that starts have begun. */
export function begunByStarts({ desk }: Pick<StartSources, 'desk'>): BegunRollout[] {
  return (desk.starter?.starts ?? []).flatMap(({ id, feature, environment, rollout }) => {
    if (rollout === undefined) return []
    const { run, by, machine, begunAt, ended } = rollout
    const at = addressOf('starts', id)
    return [{ run, at, name: feature, environment, by, machine, since: begunAt, isOver: ended !== undefined }]
  })
}

/** Returns how to tell why a plan waits for no one any more. It looks at each feature once. */
export function whyOverNow(starter: Starter | undefined): (start: Start) => string | undefined {
  const known = new Map<string, ReturnType<Starter['beside']>>()
  return (start) => {
    if (starter === undefined) return undefined
    const beside = known.get(start.feature) ?? stateBeside(start, starter)
    if (isOpen(start)) known.set(start.feature, beside)
    return whyOver(start, isOpen(start) ? beside : start)
  }
}

function showStart(sources: StartSources, request: FormRequest): Response {
  const { person, may, param, newForm } = request
  const { starter, fault } = sources.desk
  const start = starter?.find(param('start'))
  if (starter === undefined || start === undefined || !may('look', start.environment)) {
    const body = page`${faultOf(fault)}<p class="lead">There is no such start that you may look at.</p>\n<p>${linkTo('/starts', 'Go back')}</p>\n`
    return answerPage({ title: 'Not found', path: '/start', person, body }, starter === undefined ? 503 : 404)
  }
  const { environment, id } = start
  const at = addressOf('starts', id)
  const approval = sources.approvalIn(environment)
  const { rights } = sources
  const beside = stateBeside(start, starter)
  const notToApprove =
    whyOver(start, beside) ??
    (may('approve', environment)
      ? whyNotToApprove(start, person, approval, beside, rights)
      : `its plan waits for the approval of ${approval === 'another person' ? 'another person' : 'a person'}`)
  const judged = judgePlanned(start, approval, beside, rights)
  const notToRollOut =
    ('why' in judged ? judged.why : undefined) ??
    (may('start', environment) ? undefined : `it waits for a person who may start in ${environment}`)
  const token = (act: string, isOpen: boolean) =>
    isOpen && fault === undefined ? newForm(`${at}/${act}`) : undefined
  const isGoing = isUnderWay(start) || (start.rollout !== undefined && start.rollout.ended === undefined)
  const answer = answerPage({
    title: `Start of ${nameOf(start.feature)} for ${nameOf(environment)}`,
    path: '/start',
    person,
    body: page`${faultOf(fault)}${startPage({
      start,
      standing: standingOfStart(standingNow(start, rights), approval, whyOver(start, beside)),
      plan: plannedIn(start, sources.runs),
      text: plannedText(start, sources.folder),
      tag: tagOf(start, sources, may),
      outputs: outputsOf(start, sources.runs),
      notToApprove,
      notToRollOut,
      lapsed: isOpen(start) ? faultOfApproval(start, rights)?.sentence : undefined,
      forms: {
        approve: token('approve', notToApprove === undefined && approval !== 'none'),
        'roll-out': token('roll-out', notToRollOut === undefined),
        withdraw: token('withdraw', whyNotToWithdraw(start) === undefined && mayWithdraw(start, request)),
        again: token('again', !isGoing && may('plan', environment)),
      },
    })}`,
  })
  if (isGoing) answer.headers.set('refresh', String(RELOAD_AFTER_S))
  return answer
}

/** Returns what hosts last said of the tag of a start. The plan asks them itself. */
function tagOf(
  { feature, environment, variables }: Start,
  { folder, tags }: StartSources,
  may: FormRequest['may'],
): Markup | undefined {
  const tag = tags === undefined ? undefined : readFeature(folder, feature)?.tag
  const value = tag === undefined ? undefined : variables[tag.variable]
  if (tags === undefined || tag === undefined || value === undefined) return undefined
  const wanted = tagsWantedOf(feature, tag, null)
  const known = knownTags(tags.desk.looks, environment, wanted, tags.pushed(tag.repository, may))
  return page`${tagLine(value, known)}; the plan asks each host itself`
}

function isOpen(start: Start): boolean {
  return start.rollout === undefined && start.withdrawn === undefined && planOf(start) !== undefined
}

/** Looks at the files of a plan only where somebody can still do something with it. */
function stateBeside(start: Start, starter: Starter) {
  return isOpen(start) ? starter.beside(start) : { sha256: start.sha256, code: start.code }
}

/** Returns the text that a plan was made from, and no other: who approves a plan says yes to all of it. */
function plannedText(start: Start, folder: string): string | undefined {
  if (planOf(start) === undefined) return undefined
  try {
    const text = readFileSync(join(folder, start.feature))
    return createHash('sha256').update(text).digest('hex') === start.sha256
      ? text.toString('utf8')
      : undefined
  } catch {
    return undefined
  }
}

function outputsOf(start: Start, runs: string): Map<StepName, string> {
  return new Map(
    STEPS.flatMap((name) => {
      const step = start.steps.find((each) => each.name === name)
      if (step === undefined) return []
      try {
        return [[name, readRegularFile(join(runs, step.run, 'output.log')).toString('utf8')] as const]
      } catch {
        return []
      }
    }),
  )
}
