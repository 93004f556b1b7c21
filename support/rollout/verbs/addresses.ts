import { isWithin } from '../../system/network'
import { asking, telling, type PlannableChange } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import type { Answer, Request } from '../model/answers'
import { byThen, NOT_KNOWN } from '../model/planned_state'
import { formatValue, type Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import { describeNoAccess, LET_IN, SHUT_OUT } from './access_answer'

/** An address or network of a site, and the state that is wanted. */
interface Wanted {
  address: string
  site: string
  state: typeof LET_IN | typeof SHUT_OUT
}

/** The addresses that the sites of web servers let in. */
export class Addresses {
  constructor(private readonly step: Pick<StepContext, 'executor'>) {}

  letIn(address: string, site: string): Promise<Verdict> {
    return this.change('allow_address', { address, site, state: LET_IN })
  }

  shutOut(address: string, site: string): Promise<Verdict> {
    return this.change('remove_address', { address, site, state: SHUT_OUT })
  }

  shouldBeLetIn(address: string, site: string): Promise<Verdict> {
    return this.look({ address, site, state: LET_IN })
  }

  shouldBeShutOut(address: string, site: string): Promise<Verdict> {
    return this.look({ address, site, state: SHUT_OUT })
  }

  private look(wanted: Wanted): Promise<Verdict> {
    return this.step.executor.look({
      request: addressStatus(wanted),
      read: reading(wanted),
      subject: {
        resource: resourceOf(wanted),
        judge: (seen) => ({ passed: seen === wanted.state, seen }),
      },
    })
  }

  private change(action: 'allow_address' | 'remove_address', wanted: Wanted): Promise<Verdict> {
    const { address, site } = wanted
    const ask = asking(addressStatus(wanted))
    return this.step.executor.change({
      order: {
        tell: telling({ agent: 'access', action, inputs: { site, address } }),
        contradicts: (answer) => !reading(wanted)(answer).passed,
        verify: { ask, read: reading(wanted) },
      },
      plannable: plannableAddress(wanted),
      repeatable: true,
    })
  }
}

function plannableAddress(wanted: Wanted): PlannableChange {
  return {
    resource: resourceOf(wanted),
    ask: asking(addressStatus(wanted)),
    plan(answer, _, expected) {
      const said = readAddress(answer)
      if (said === undefined) return { now: NOT_KNOWN, to: undefined, fails: describeNoAccess(answer) }
      const now = byThen(describeAddress(said), expected)
      // The order takes away the address itself and its parts, and no network around it.
      const around = said.by.filter((each) => !isWithin(each, wanted.address))
      return wanted.state === SHUT_OUT && around.length > 0
        ? { now, to: undefined, fails: `would not shut it out: ${around.join(', ')} lets it in` }
        : { now, to: wanted.state }
    },
    affectsOthers: true,
  }
}

function addressStatus({ site, address }: Wanted): Omit<Request, 'mutating'> {
  return { agent: 'access', action: 'address_status', inputs: { site, address } }
}

function reading({ state }: Wanted): (answer: Answer) => Reading {
  return (answer) => {
    const said = readAddress(answer)
    if (said === undefined) return { passed: false, seen: describeNoAccess(answer) }
    const seen = describeAddress(said)
    return { passed: seen === state, seen }
  }
}

interface AddressAnswer {
  allowed: boolean
  by: readonly string[]
  parts: readonly string[]
  unused: boolean
}

function readAddress(answer: Answer): AddressAnswer | undefined {
  if (answer.kind !== 'answered') return undefined
  const { allowed, by, parts, unused } = answer.data
  if (typeof allowed !== 'boolean' || typeof unused !== 'boolean') return undefined
  if (!Array.isArray(by) || !Array.isArray(parts)) return undefined
  return { allowed, by: by.map(formatValue), parts: parts.map(formatValue), unused }
}

/** Describes whether an address is let in: `let in`, `shut out`, or what is neither. */
function describeAddress({ allowed, parts, unused }: AddressAnswer): string {
  if (unused) return 'in a change that its web server may not have read'
  if (allowed) return LET_IN
  return parts.length === 0 ? SHUT_OUT : `${SHUT_OUT}, but for ${parts.join(', ')}`
}

function resourceOf({ address, site }: Wanted): string {
  return `access ${site} address ${address}`
}
