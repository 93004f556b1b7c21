import type { ConsoleSettings } from '../config/console_setting'
import { rightsIn, type RightsNow } from '../people/rights_now'
import type { Clock } from '../system/clock'
import { Sessions } from './sessions'

/** Returns the rights of people of a console, as its files and its last logins say at the moment. */
export function rightsOfConsole(
  {
    people,
    policy,
    environments,
    sessionMs,
    idleMs,
  }: Pick<ConsoleSettings, 'people' | 'policy' | 'environments' | 'sessionMs' | 'idleMs'>,
  state: string,
  clock: Pick<Clock, 'now'>,
): RightsNow {
  const sessions = new Sessions(state, clock, { sessionMs, idleMs })
  return rightsIn({
    people,
    policy,
    environments,
    groups: {
      since: ({ name, groups, at }) => sessions.groupsSince(name, Date.parse(at)) ?? groups,
    },
  })
}
