import type { Call } from '../rpc/server/agent'

/** Returns the call of an action for a test that has no request. */
export function callOf(action: string, signal: AbortSignal = new AbortController().signal): Call {
  return {
    action,
    requestid: '0'.repeat(32),
    callerid: 'cert=operator',
    senderid: 'control.example.net',
    collective: 'mcollective',
    ttl: 60,
    msgtime: 1_700_000_000,
    signal,
  }
}
