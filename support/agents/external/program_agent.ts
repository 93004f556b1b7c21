import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contract, Data } from '../../rpc/contracts/contract'
import { ActionFailed, type Action, type Agent, type Call } from '../../rpc/server/agent'
import type { CommandRunner } from '../../system/command'
import { excerpt } from '../../system/redaction'

const PROTOCOL = 'io.choria.mcorpc.external.v1'
const SCHEMA = 'https://choria.io/schemas/mcorpc/external/v1'
const ACTIVATION_WITHIN = 5_000
const MAX_REPLY = 16 * 1024 * 1024
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Returns an agent whose actions a program of any language carries out, by Choria's protocol. The program is given the
 * names of two JSON files, one with the request and one for the reply. It gets a signal to end when the time of its
 * contract is over.
 */
export function programAgent(contract: Contract, program: string, run: CommandRunner): Agent {
  const action: Action = async (inputs, call) => {
    const { process_results: _, ...data } = inputs
    const reply = await exchange(
      program,
      'rpc_request',
      requestOf(contract.agent, call, data),
      run,
      call.signal,
    )
    return readReply(reply)
  }
  return {
    contract,
    actions: Object.fromEntries(Object.keys(contract.actions).map((name) => [name, action])),
  }
}

/**
 * Returns whether the program wants to be used on this host.
 * @throws Error when the program cannot say
 */
export async function wantsToRun({ agent }: Contract, program: string, run: CommandRunner): Promise<boolean> {
  const request = {
    $schema: `${SCHEMA}/activation_request.json`,
    protocol: `${PROTOCOL}.activation_request`,
    agent,
  }
  const signal = AbortSignal.timeout(ACTIVATION_WITHIN)
  const reply = await exchange(program, 'activation_request', request, run, signal)
  return (reply as { activate?: unknown } | null)?.activate === true
}

function requestOf(agent: string, call: Call, data: Readonly<Record<string, Data>>): Record<string, Data> {
  const { action, requestid, senderid, callerid, collective, ttl, msgtime } = call
  const about = { agent, action, requestid, senderid, callerid, collective, ttl, msgtime }
  return { $schema: `${SCHEMA}/rpc_request.json`, protocol: `${PROTOCOL}.rpc_request`, ...about, data }
}

async function exchange(
  program: string,
  protocol: string,
  request: unknown,
  run: CommandRunner,
  signal: AbortSignal,
): Promise<unknown> {
  // The folder belongs to this process's user alone: requests may hold secrets.
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-agent-'))
  try {
    const [asked, answered] = [join(folder, 'request.json'), join(folder, 'reply.json')]
    writeFileSync(asked, JSON.stringify(request, bigAsText), { mode: 0o600 })
    writeFileSync(answered, '', { mode: 0o600 })
    const env = {
      PATH,
      CHORIA_EXTERNAL_REQUEST: asked,
      CHORIA_EXTERNAL_REPLY: answered,
      CHORIA_EXTERNAL_PROTOCOL: `${PROTOCOL}.${protocol}`,
    }
    const args = [asked, answered, `${PROTOCOL}.${protocol}`]
    const { exitCode, output, failure } = await run(program, args, { signal, env, cwd: folder })
    if (failure !== undefined) throw new ActionFailed(failure, {}, 5)
    if (exitCode !== 0)
      throw new ActionFailed(
        `the agent’s program ended with exit status ${exitCode}: ${lastOf(output)}`,
        {},
        5,
      )
    if (statSync(answered).size > MAX_REPLY)
      throw new ActionFailed('the agent’s program wrote a reply of more than 16 MB', {}, 5)
    return JSON.parse(readFileSync(answered, 'utf8')) as unknown
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ActionFailed('the agent’s program wrote a reply that is no JSON', {}, 5)
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readReply(reply: unknown): Record<string, Data> {
  const { statuscode, statusmsg, data = {} } = (reply ?? {}) as Record<string, unknown>
  const isMapping = typeof data === 'object' && data !== null && !Array.isArray(data)
  const isCode = statuscode === 0 || statuscode === 1 || statuscode === 5 || isRefusal(statuscode)
  if (!isCode || !isMapping)
    throw new ActionFailed('the agent’s program wrote a reply without statuscode and data', {}, 5)
  const told = data as Record<string, Data>
  if (statuscode === 0) return told
  throw new ActionFailed(
    typeof statusmsg === 'string' ? statusmsg : 'it failed',
    told,
    statuscode === 1 ? 1 : 5,
  )
}

function isRefusal(code: unknown): boolean {
  return code === 2 || code === 3 || code === 4
}

function lastOf(output: string): string {
  return excerpt(output.split('\n').slice(-3).join('; '), 500)
}

function bigAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
