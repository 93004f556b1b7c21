import type { Context } from 'hono'
import type { Person } from '../people/person'
import { askedOf } from './asked'
import type { ConsoleOptions } from './console_options'
import { addressOf, type Refusal } from './guard'
import { refusalPage } from './login_pages'

/** Refuses a request in a sentence; an act that is refused is a line in the audit trail. */
export type Refuse = (context: Context, refusal: Refusal, person?: Person) => Promise<Response>

/** Returns the function by which all parts of a console refuse. */
export function refuseFor({
  audit,
  settings,
  onRefused,
}: Pick<ConsoleOptions, 'audit' | 'settings' | 'onRefused'>): Refuse {
  return async (context, { status, why }, person) => {
    onRefused(`${status} for a page: ${why}`)
    const address = addressOf(askedOf(context), settings)
    if (context.req.method === 'POST')
      await audit.refuse({ type: 'act refused', person: person?.name ?? null, address, why })
    const answer = refusalPage(status, why, person)
    if (status === 405) answer.headers.set('allow', 'GET, HEAD, POST')
    return answer
  }
}
