import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerEnvironment } from '../config/server_cfg'
import type { FilterSubject } from '../protocol/filter'
import type { OpenedRequest } from '../protocol/security/security'
import type { RpcRequest } from '../protocol/rpc_body'
import { decide, readGroups, type PolicyDecision, type PolicySubject } from '../rpc/server/action_policy'
import { judgeWithData, type DataLookup } from '../rpc/server/asked_data'
import { appendAudit, auditLine } from '../rpc/server/audit'
import type { Clock } from '../system/clock'
import type { Log } from '../system/log'

const DENIED = 'You are not authorized to call this agent or action.'
const UNAUDITED = 'The audit log of this host cannot be written; the request was not carried out.'

/**
 * Returns a function that says why a request may not run: its policy forbids it, or the audit log cannot be written.
 */
export function authorization({
  environment: { policies, auditFile },
  subject,
  data: lookup,
  clock,
  log,
}: {
  environment: Pick<ServerEnvironment, 'policies' | 'auditFile'>
  subject: FilterSubject
  data: DataLookup
  clock: Clock
  log: Log
}): (request: OpenedRequest, action: RpcRequest) => Promise<string | undefined> {
  return async (request, action) => {
    const trouble = new Set<string>()
    const onTrouble = (what: string) => void trouble.add(what)
    const decision =
      policies === undefined
        ? undefined
        : await judgeWithData(lookup, (data) => {
            trouble.clear()
            return decideBy(policies, request, action, { host: subject, data, onTrouble })
          })
    for (const what of trouble) log.warn({ agent: request.agent }, what)
    if (decision?.allowed === false) {
      const { callerid: caller, agent } = request
      log.warn({ caller, agent, action: action.action, because: decision.because }, 'denied')
      return DENIED
    }
    if (auditFile === undefined) return undefined
    try {
      appendAudit(auditFile, auditLine(request, action, clock.now()))
      return undefined
    } catch (error) {
      log.error({ error }, 'the audit log cannot be written; nothing is carried out')
      return UNAUDITED
    }
  }
}

function decideBy(
  policies: NonNullable<ServerEnvironment['policies']>,
  { agent, callerid: caller }: OpenedRequest,
  { action }: RpcRequest,
  subject: PolicySubject,
): PolicyDecision {
  const policy = policyFor(agent, policies)
  if (policy !== undefined) {
    const groups = readGroups(textOf(join(policies.folder, 'groups')) ?? '')
    return decide(policy, { caller, action }, { ...subject, groups })
  }
  return { allowed: policies.allowUnconfigured, because: 'there is no policy for this agent' }
}

/**
 * Returns the policy of an agent, or the default policy of agents that have none. Names of agents come from the wire.
 */
function policyFor(
  agent: string,
  { folder, defaultPolicy }: NonNullable<ServerEnvironment['policies']>,
): string | undefined {
  for (const name of [agent, defaultPolicy]) {
    if (name === undefined || !/^[\w-]+$/.test(name)) continue
    const policy = textOf(join(folder, `${name}.policy`))
    if (policy !== undefined) return policy
  }
  return undefined
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
