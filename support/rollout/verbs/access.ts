import { digestOf, hashPassword } from '../../system/password_hash'
import { asking, telling, type PlannableChange } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import type { Answer, Request } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import { byThen, NOT_KNOWN } from '../model/planned_state'
import { observationOf, type Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import {
  accessStatus,
  describeAccess,
  describeNoAccess,
  LET_IN,
  readAccessAnswer,
  SHUT_OUT,
  type AccessAnswer,
} from './access_answer'

/** A user of a site, and the state that is wanted; `digest` is that of the hash of the wanted password. */
interface Wanted {
  user: string
  site: string
  state: typeof LET_IN | typeof SHUT_OUT
  digest?: string
}

/** The users whom the sites of web servers let in. A password stays on the control host: hosts get its hash. */
export class Access {
  constructor(private readonly step: Pick<StepContext, 'executor'>) {}

  async letIn(user: string, site: string, password: string): Promise<Verdict> {
    const hash = await hashPassword(password, { site, user })
    return this.change(
      { agent: 'access', action: 'allow', inputs: { site, user, hash }, hidden: ['hash'] },
      { user, site, state: LET_IN, digest: digestOf(hash) },
    )
  }

  shutOut(user: string, site: string): Promise<Verdict> {
    return this.change(
      { agent: 'access', action: 'remove', inputs: { site, user } },
      { user, site, state: SHUT_OUT },
    )
  }

  /** Looks whether a site lets a user in, with this password if one is given. */
  async shouldBeLetIn(user: string, site: string, password?: string): Promise<Verdict> {
    if (password === undefined) return this.look({ user, site, state: LET_IN })
    const digest = digestOf(await hashPassword(password, { site, user }))
    return this.look({ user, site, state: LET_IN, digest })
  }

  shouldBeShutOut(user: string, site: string): Promise<Verdict> {
    return this.look({ user, site, state: SHUT_OUT })
  }

  private look(wanted: Wanted): Promise<Verdict> {
    return this.step.executor.look({
      request: accessStatus(wanted.user, wanted.site),
      read: reading(wanted),
      subject: {
        resource: resourceOf(wanted),
        // A line before this one may have let the user in with another password.
        judge: (seen) => ({
          passed:
            seen === stateOf(wanted) ||
            (wanted.digest === undefined && isLetIn(seen) && wanted.state === LET_IN),
          seen,
        }),
      },
    })
  }

  private change(order: Omit<Request, 'mutating'>, wanted: Wanted): Promise<Verdict> {
    const ask = asking(accessStatus(wanted.user, wanted.site))
    return this.step.executor.change({
      order: {
        tell: telling(order),
        verify: { ask, read: reading(wanted) },
        afterwards: (done, gateway) => lookAfter(wanted, done, gateway),
      },
      plannable: plannableAccess(wanted),
      repeatable: true,
    })
  }
}

function plannableAccess(wanted: Wanted): PlannableChange {
  return {
    resource: resourceOf(wanted),
    ask: asking(accessStatus(wanted.user, wanted.site)),
    plan(answer, _, expected) {
      const said = readAccessAnswer(answer)
      if (said === undefined) return { now: NOT_KNOWN, to: undefined, fails: describeNoAccess(answer) }
      const now = byThen(
        reading(wanted)(answer).passed ? stateOf(wanted) : describeAccess(said, wanted.digest),
        expected,
      )
      const left = wanted.state === SHUT_OUT ? said.similar : []
      return left.length === 0
        ? { now, to: stateOf(wanted) }
        : { now, to: undefined, fails: `would not shut out ${left.join(', ')}` }
    },
    affectsOthers: true,
  }
}

/** Looks at every host that got the order: its own word is about what it did, and not about what its file says now. */
async function lookAfter(wanted: Wanted, done: Verdict, gateway: HostGateway): Promise<Verdict> {
  const spoke = done.observations.flatMap(({ host, passed }) => (passed ? [host] : []))
  if (spoke.length === 0) return done
  const answers = await asking(accessStatus(wanted.user, wanted.site))(spoke, gateway)
  const looked = new Set(spoke)
  return {
    observations: done.observations.map((own) =>
      looked.has(own.host) ? observationOf(own.host, answers, reading(wanted)) : own,
    ),
    unexpected: [...done.unexpected, ...answers.unexpected],
  }
}

function reading(wanted: Wanted): (answer: Answer) => Reading {
  return (answer) => {
    const said = readAccessAnswer(answer)
    if (said === undefined) return { passed: false, seen: describeNoAccess(answer) }
    return { passed: isSo(wanted, said), seen: describeAccess(said, wanted.digest) }
  }
}

function isSo({ state, digest }: Wanted, said: AccessAnswer): boolean {
  if (state === SHUT_OUT) return said.lines === 0 && said.similar.length === 0
  return said.usable && (digest === undefined || (said.lines === 1 && said.digest === digest))
}

/** Returns the state as plans have it. Two passwords of one user are two states, and nothing of them is told. */
function stateOf({ state }: Wanted): string {
  return state
}

function isLetIn(seen: string): boolean {
  return seen.startsWith(LET_IN)
}

function resourceOf({ user, site }: Wanted): string {
  return `access ${site} ${user}`
}
