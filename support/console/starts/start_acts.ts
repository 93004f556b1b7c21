import * as v from 'valibot'
import type { Act } from '../../people/person'
import { whyNotNow } from '../../people/rights_now'
import {
  judgeRollOut,
  whyNotToApprove,
  whyNotToWithdraw,
  type RolloutJudgement,
} from '../../starts/judge_start'
import { planOf, type Start } from '../../starts/start_state'
import type { Starter, StartWish } from '../../starts/starter'
import { LockstepError } from '../../system/errors'
import { addressOf } from '../pages/parts'
import {
  notAllowed,
  personalAct,
  refused,
  type ActOutcome,
  type PersonalAct,
  type PersonalRequest,
  type RefusedAct,
} from '../personal_act'
import { listFeatures, readFeature } from './feature_list'
import { plannedIn } from './planned_in'
import type { StartSources } from './start_sources'
import { askForTags } from './tag_act'
import { parseWish } from './start_wish'

/** A start that a request is about, with what carries it on. */
interface Found {
  starter: Starter
  start: Start
}

const text = (what: string) => v.pipe(v.string(), v.description(what))
const PLAN = v.strictObject({
  plan: v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/), v.description('the name of exactly this plan')),
})

/** Returns what people can do about starts. */
export function startActs(sources: StartSources): PersonalAct[] {
  return [
    askForTags(sources),
    askFor(sources),
    approve(sources),
    rollOut(sources),
    withdraw(sources),
    planAgain(sources),
  ]
}

function askFor(sources: StartSources): PersonalAct {
  return personalAct({
    name: 'plan a start',
    path: '/starts',
    summary:
      'Lints, rehearses and plans a feature for an environment. Nothing is rolled out by it; the plan waits on a page.',
    schema: v.objectWithRest(
      {
        feature: text('the path of a feature that lockstep.yaml lets people start'),
        environment: text('where it goes'),
        release: v.optional(text('what it calls its release'), ''),
        ticket: v.optional(text('what it is for, such as OPS-123,WEB-7'), ''),
        limit: v.optional(
          text('the hosts that it is limited to, such as web[1-3]; all where it is left out'),
          '',
        ),
      },
      text('value.<name>: the value of a variable of the feature'),
    ),
    async perform(request, fields) {
      const { feature, environment } = fields
      const { person } = request
      if (!sources.environments.includes(environment) || !request.may('look', environment))
        return refused('there is no such environment that you may look at', 404)
      if (!request.may('plan', environment)) return notAllowed(request.person, 'plan', environment)
      const known = listFeatures(sources.folder, sources.features).includes(feature)
      const read = known ? readFeature(sources.folder, feature) : undefined
      if (read === undefined)
        return refused('lockstep.yaml names no such feature among console: { features: … }', 404)
      const own = ownVariables(sources, environment)
      if (typeof own === 'string') return refused(own, 503)
      const wish = parseWish(fields, read, environment, own, sources.tags?.takesTag ?? (() => true))
      if ('why' in wish) return refused(wish.why, 422)
      return begin(sources, request, { ...wish, by: person.name })
    },
  })
}

function planAgain(sources: StartSources): PersonalAct {
  return personalAct({
    name: 'plan a start again',
    path: '/starts/:start/again',
    summary:
      'Lints, rehearses and plans again what a start was asked for, as a start of the person who asks now.',
    schema: v.strictObject({}),
    async perform(request) {
      const found = find(sources, request)
      if ('why' in found) return found
      const { feature, environment, variables, release, ticket, limit } = found.start
      if (!request.may('plan', environment)) return notAllowed(request.person, 'plan', environment)
      if (!listFeatures(sources.folder, sources.features).includes(feature))
        return refused('lockstep.yaml does not name its feature any more', 409)
      const wish = { feature, environment, variables, release, ticket, limit }
      return begin(sources, request, { ...wish, by: request.person.name })
    },
  })
}

function approve(sources: StartSources): PersonalAct {
  return personalAct({
    name: 'approve a start',
    path: '/starts/:start/approve',
    summary: 'Approves exactly one plan of a start, by its name. It does not begin the rollout.',
    schema: PLAN,
    perform: (request, { plan }) =>
      decide(sources, request, plan, {
        right: 'approve',
        why: (found) =>
          whyNotToApprove(
            found.start,
            request.person,
            sources.approvalIn(found.start.environment),
            found.starter.beside(found.start),
            sources.rights,
          ),
        says: `the plan ${plan} is approved`,
        carryOut: ({ starter, start }) =>
          starter.approve(start.id, plan, request.person, (now) => {
            const { environment } = now
            const { person } = request
            return (
              whyNotAnyMore(request, 'approve', environment) ??
              whyNotNow({ ...person, at: timeOf(sources) }, 'approve', environment, sources.rights) ??
              whyNotToApprove(
                now,
                person,
                sources.approvalIn(environment),
                starter.beside(now),
                sources.rights,
              )
            )
          }),
      }),
  })
}

function rollOut(sources: StartSources): PersonalAct {
  return personalAct({
    name: 'start a rollout',
    path: '/starts/:start/roll-out',
    summary:
      'Begins the rollout of an approved plan, once. The rollout does exactly what the plan says, or nothing.',
    schema: PLAN,
    perform: (request, { plan }) =>
      decide(sources, request, plan, {
        right: 'start',
        why: (found) => {
          const judged = judgeNow(sources, request, found)
          return 'why' in judged ? judged.why : undefined
        },
        says: `the rollout of the plan ${plan} has begun`,
        carryOut: ({ starter, start }) =>
          starter.rollOut(start.id, plan, request.person.name, (now) => {
            const why = whyNotAnyMore(request, 'start', now.environment)
            return why === undefined ? judgeNow(sources, request, { starter, start: now }) : { why }
          }),
      }),
  })
}

function judgeNow(
  sources: StartSources,
  { person }: PersonalRequest,
  { starter, start }: Found,
): RolloutJudgement {
  const earlier = { ...person, at: timeOf(sources) }
  return judgeRollOut(
    start,
    earlier,
    sources.approvalIn(start.environment),
    starter.beside(start),
    sources.rights,
  )
}

function withdraw(sources: StartSources): PersonalAct {
  return personalAct({
    name: 'withdraw a start',
    path: '/starts/:start/withdraw',
    summary:
      'Ends a start whose rollout has not begun. Who asked for it may do so, and who may start in its environment.',
    schema: v.strictObject({}),
    async perform(request) {
      const found = find(sources, request)
      if ('why' in found) return found
      const { starter, start } = found
      if (!mayWithdraw(start, request)) return notAllowed(request.person, 'start', start.environment)
      const reason = whyNotToWithdraw(start)
      if (reason !== undefined) return refused(reason, 409)
      await request.note(`${start.id} for ${start.environment}`)
      const refusal = await starter.withdraw(start.id, request.person.name, (now) =>
        mayWithdraw(now, request) ? whyNotToWithdraw(now) : NOT_ALLOWED_ANY_MORE,
      )
      return refusal === undefined
        ? {
            result: 'done',
            says: 'it is withdrawn; nothing of it can be approved or begun',
            at: addressOf('starts', start.id),
          }
        : refused(refusal, 409)
    },
  })
}

/** Returns whether a person may withdraw a start: their own, or where they may start. */
export function mayWithdraw(
  { by, environment }: Pick<Start, 'by' | 'environment'>,
  { person, may }: Pick<PersonalRequest, 'person' | 'may'>,
): boolean {
  return may('look', environment) && (by === person.name || may('start', environment))
}

interface Decision {
  right: Act
  /** Returns why it cannot be. */
  why: (found: Found) => string | undefined
  says: string
  /** Carries it out when nothing else can come between, unless there is a reason by then. Resolves with that. */
  carryOut: (found: Found) => Promise<string | undefined>
}

async function decide(
  sources: StartSources,
  request: PersonalRequest,
  plan: string,
  { right, why, says, carryOut }: Decision,
): Promise<ActOutcome> {
  const found = find(sources, request)
  if ('why' in found) return found
  const { start } = found
  if (!request.may(right, start.environment)) return notAllowed(request.person, right, start.environment)
  if (planOf(start) !== undefined && planOf(start)?.name !== plan)
    return refused('the plan of this start has another name', 409)
  const reason = why(found) ?? whyUnseen(start, sources)
  if (reason !== undefined) return refused(reason, 409)
  await request.note(`the plan ${plan} of ${start.id} for ${start.environment}`)
  const refusal = await carryOut(found)
  return refusal === undefined
    ? { result: 'done', says, at: addressOf('starts', start.id) }
    : refused(refusal, 409)
}

function whyNotAnyMore({ may }: PersonalRequest, right: Act, environment: string): string | undefined {
  return may(right, environment) ? undefined : NOT_ALLOWED_ANY_MORE
}

const NOT_ALLOWED_ANY_MORE = 'the policy does not allow it any more'

function timeOf({ now }: StartSources): string {
  return new Date(now()).toISOString()
}

/** Returns why a person cannot know what a plan says. Such a yes would be one to its name alone. */
function whyUnseen(start: Start, { runs }: StartSources): string | undefined {
  const planned = plannedIn(start, runs)
  return typeof planned === 'string' ? `the plan cannot be read: ${planned}` : undefined
}

async function begin({ desk }: StartSources, request: PersonalRequest, wish: StartWish): Promise<ActOutcome> {
  const { starter, fault } = desk
  if (starter === undefined || fault !== undefined) return refused(fault ?? '', 503)
  await request.note(`${wish.feature} for ${wish.environment}`)
  const asked = await starter.ask(wish)
  return 'id' in asked
    ? {
        result: 'done',
        says: 'it is taken down, and is linted, rehearsed and planned next',
        at: addressOf('starts', asked.id),
      }
    : refused(asked.why, 503)
}

/** Returns the start that a path names, where the person may look at its environment. */
function find({ desk }: StartSources, { param, may }: PersonalRequest): Found | RefusedAct {
  const { starter, fault } = desk
  if (starter === undefined || fault !== undefined) return refused(fault ?? '', 503)
  const start = starter.find(param('start'))
  return start === undefined || !may('look', start.environment)
    ? refused('there is no such start that you may look at', 404)
    : { starter, start }
}

/** Returns the variables of an environment, or why they are not known. */
export function ownVariables(sources: StartSources, environment: string) {
  try {
    return sources.variablesOf(environment)
  } catch (error) {
    if (error instanceof LockstepError)
      return `the variables of ${environment} cannot be read: ${error.message}`
    throw error
  }
}
