import { appendFileSync } from 'node:fs'
import type { OpenedRequest } from '../../protocol/security/security'
import type { RpcRequest } from '../../protocol/rpc_body'
import { ownContractOf } from '../contracts'
import { excerpt } from '../../system/redaction'

/** Formats the line for a request that is about to be carried out, in the form of MCollective's own audit log. */
export function auditLine(request: OpenedRequest, { action, data }: RpcRequest, now: number): string {
  const at = new Date(now).toISOString().replace('T', ' ').slice(0, 19)
  const given = Object.entries(data).map(
    ([name, value]) => `:${name}=>${isHidden(request.agent, action, name) ? '***' : formatValue(value)}`,
  )
  return `[${at} UTC] reqid=${request.requestid}: reqtime=${request.msgtime} caller=${request.callerid}@${clean(request.senderid)} agent=${request.agent} action=${clean(action)} data={${given.join(', ')}}\n`
}

/**
 * Appends a line to the audit log.
 * @throws Error when the line could not be written: the host does not carry out the request then
 */
export function appendAudit(path: string, line: string): void {
  appendFileSync(path, line, { mode: 0o640 })
}

/** Returns whether an input is one that no log has. */
function isHidden(agent: string, action: string, name: string): boolean {
  const rule = ownContractOf(agent)?.actions[action]?.inputs[name]
  return rule?.kind === 'text' && rule.hidden === true
}

function formatValue(value: unknown): string {
  return clean(typeof value === 'bigint' ? String(value) : JSON.stringify(value))
}

/** Replaces control characters by blanks, so that one request cannot write the line of another. */
function clean(text: string): string {
  return excerpt(text.replace(/[\p{Cc}\p{Cf}]+/gu, ' '), 2_000)
}
