import type { Extensions } from '../extensions/extensions'
import type { Fleet } from '../rollout/ports'

/**
 * Returns the fleet of a plan, which tells once of each action that is only asked because a team calls it read-only.
 * Lockstep cannot prove that such an action changes nothing.
 */
export function tellingBelief(
  fleet: Fleet,
  agents: Extensions['agents'],
  isPlanned: () => boolean,
  note: (text: string) => void,
): Fleet {
  const told = new Set<string>()
  return {
    discover: (...asked) => fleet.discover(...asked),
    call(request, ...more) {
      const { agent, action } = request
      const what = `${action} of ${agent}`
      const known = agents.get(agent)
      if (known !== undefined && isPlanned() && !told.has(what)) {
        told.add(what)
        note(
          `${what} was asked, since ${known.file} calls it read-only; nothing else says that it changes nothing`,
        )
      }
      return fleet.call(request, ...more)
    },
  }
}
