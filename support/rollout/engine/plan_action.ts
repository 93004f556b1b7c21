import type { Request } from '../model/answers'
import { formatValue } from '../model/reading'
import type { Planning } from '../ports'
import { asking, type PlannableChange } from './change'

/** Returns the plan of an action of which nothing else is known: its agent's own noop, or where the agent is missing. */
export function plannableAction(request: Request, planning: Planning): PlannableChange {
  const noop = planning.asNoop(request)
  const change = noop === undefined ? whereItRuns(request) : inItsOwnNoop(request, noop)
  const resource = `action ${request.action} of agent ${request.agent}`
  return { resource, ...change, ...reachOf(request, planning) }
}

type Told = Pick<PlannableChange, 'ask' | 'plan' | 'words'>

const WOULD_RUN = { now: 'not run', to: 'run', always: true }

function whereItRuns({ agent, action }: Request): Told {
  return {
    ask: asking({ agent: 'rpcutil', action: 'inventory', inputs: {} }),
    plan(answer) {
      const agents = answer.kind === 'answered' ? answer.data['agents'] : undefined
      const runs = Array.isArray(agents) && agents.map(formatValue).includes(agent)
      return runs ? WOULD_RUN : { ...WOULD_RUN, fails: `has no agent ${agent}`, mayBeMended: true }
    },
    words: () => `would run ${action} of ${agent}`,
  }
}

function inItsOwnNoop({ agent, action }: Request, noop: Request): Told {
  return {
    ask: asking(noop),
    plan: (answer) => (answer.kind === 'failed' ? { ...WOULD_RUN, fails: answer.message } : WOULD_RUN),
    words: () => `ran as noop: ${action} of ${agent}`,
  }
}

/** Returns what an action may affect on a host: everything, unless it is known to change nothing. */
function reachOf(
  request: Request,
  planning: Planning,
): Pick<PlannableChange, 'affectsOthers' | 'invalidates'> {
  return planning.isReadOnly({ ...request, mutating: false })
    ? { affectsOthers: false }
    : { affectsOthers: true, invalidates: 'everything' }
}
