import { ActionFailed, type Action, type Agent } from '../rpc/server/agent'

const CHANGES = new Set(['install', 'update', 'uninstall', 'purge'])

/**
 * Wraps a package agent so that it answers a change with the state before it, as Ruby's does. Puppet keeps the state
 * that it has asked for first.
 */
export function answeringBefore(agent: Agent): Agent {
  const { status } = agent.actions
  if (status === undefined) return agent
  const before =
    (action: Action): Action =>
    async (inputs, call) => {
      const was = await status({ package: inputs['package'] ?? '' }, call)
      try {
        await action(inputs, call)
      } catch (error) {
        throw error instanceof ActionFailed ? new ActionFailed(error.message, was, error.statuscode) : error
      }
      return was
    }
  const actions = Object.entries(agent.actions).map(([name, action]) => [
    name,
    CHANGES.has(name) ? before(action) : action,
  ])
  return { contract: agent.contract, actions: Object.fromEntries(actions) as Agent['actions'] }
}
