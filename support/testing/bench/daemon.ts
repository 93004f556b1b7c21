import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { activemq } from '../../connectors/activemq'
import { stompConnector } from '../../connectors/stomp_connector'
import { pskClient } from '../../protocol/security/psk'
import { RpcClient } from '../../rpc/client/client'
import { ownContractOf } from '../../rpc/contracts'
import { systemClock } from '../../system/clock'
import { startActivemq, type RealBroker } from '../real/brokers'
import { RealFleet } from '../real/mcollectived'
import type { Running } from '../real/processes'
import { PASSWORD, PSK, USER } from '../real/settings'
import { Scratch } from '../scratch'
import { residentMegabytes, round } from './measure'

const ROOT = resolve(__dirname, '..', '..', '..')
const OUTAGE = 20_000
const IDLE = 5_000
const FLOOD = 10_000
const IN_FLIGHT = 200
const never = new AbortController().signal

/**
 * Measures one host of each kind, beside each other on one broker; ours is compiled as it is installed. Returns rows of
 * the table.
 */
export async function daemonRows(): Promise<string[]> {
  const scratch = new Scratch()
  const broker = await startActivemq(scratch)
  const fleet = new RealFleet(scratch, broker, 'psk')
  const client = await clientOf(broker)
  try {
    spawnSync(process.execPath, [join(ROOT, 'support', 'bin', 'build.cjs')], { stdio: 'inherit' })
    const lockstep = join(ROOT, 'dist', 'support', 'bin', 'lockstep.cjs')
    const ruby = await begun('ruby.example.net', client, () => fleet.launch('ruby.example.net').running)
    const ours = await begun('ours.example.net', client, () => fleet.launchOurs('ours.example.net', lockstep))
    await new Promise((resolve) => setTimeout(resolve, IDLE))
    const memory = { ours: residentMegabytes(ours.pid), ruby: residentMegabytes(ruby.pid) }
    const flood = await flooded(client, 'ours.example.net')
    const rubyFlood = await flooded(client, 'ruby.example.net')
    const after = residentMegabytes(ours.pid)
    const back = await outage(broker, client)
    return [
      row('start-up until it answers', ours.seconds, ruby.seconds, 's', ''),
      row('memory when idle', memory.ours, memory.ruby, 'MB', '≤ 2'),
      `| a daemon: requests served a second, ${FLOOD} sent, ours · mcollectived | ${flood.perSecond.toFixed(0)} · ${rubyFlood.perSecond.toFixed(0)} | ≥ 1,000 |`,
      `| a daemon: requests lost of ${FLOOD}, ours · mcollectived | ${flood.lost} · ${rubyFlood.lost} | 0 |`,
      `| a daemon: memory after that, MB | ${after.toFixed(0)} | |`,
      row(`back after a broker outage of ${OUTAGE / 1000} s`, back.ours, back.ruby, 's', '≤ 0.25'),
    ]
  } finally {
    await client.close()
    await fleet.stop()
    await broker.stop()
    scratch.remove()
  }
}

function row(what: string, ours: number, ruby: number, unit: string, aim: string): string {
  return `| a daemon: ${what}, ours ÷ mcollectived | ${round(ours / ruby)} (${round(ours)} · ${round(ruby)} ${unit}) | ${aim} |`
}

interface Pinger {
  ping(host: string, within: number): Promise<boolean>
  close(): Promise<void>
}

async function clientOf({ port }: RealBroker): Promise<Pinger> {
  const connector = stompConnector({
    naming: activemq,
    brokers: [{ host: '127.0.0.1', port, user: USER, password: PASSWORD }],
    virtualHost: 'mcollective',
    collective: 'mcollective',
    identity: 'bench',
    pid: process.pid,
    connectWithin: 2_000,
    heartBeat: 0,
    clock: systemClock,
    random: () => 0,
  })
  const client = new RpcClient({
    connector,
    security: pskClient(PSK, 'uid=0'),
    identity: 'bench',
    collective: 'mcollective',
    ttl: 60,
    clock: systemClock,
    contractOf: ownContractOf,
    newRequestId: () => randomBytes(16).toString('hex'),
    onUnexpected: () => {},
    onConnection: () => {},
  })
  await connector.open(never)
  return {
    async ping(host, within) {
      const call = { agent: 'rpcutil', action: 'ping', inputs: {}, hosts: [host], within, signal: never }
      return (await client.call(call)).outcomes.get(host)?.kind === 'answered'
    },
    close: () => connector.close(),
  }
}

async function begun(host: string, client: Pinger, launch: () => Running) {
  const began = performance.now()
  const { child } = launch()
  while (!(await client.ping(host, 100)));
  return { pid: child.pid ?? 0, seconds: (performance.now() - began) / 1000 }
}

/** Sends many requests with many under way at a time; each is answered or lost. */
async function flooded(client: Pinger, host: string): Promise<{ perSecond: number; lost: number }> {
  let [sent, answered] = [0, 0]
  const began = performance.now()
  const one = async () => {
    while (sent < FLOOD) {
      sent += 1
      if (await client.ping(host, 30_000)) answered += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, one))
  return { perSecond: answered / ((performance.now() - began) / 1000), lost: FLOOD - answered }
}

/** Returns the seconds from the broker’s listening again to the first answer of each daemon. */
async function outage(broker: RealBroker, client: Pinger): Promise<{ ours: number; ruby: number }> {
  await broker.kill()
  await new Promise((resolve) => setTimeout(resolve, OUTAGE))
  await broker.restart()
  const began = performance.now()
  const back = async (host: string) => {
    while (!(await client.ping(host, 100)));
    return (performance.now() - began) / 1000
  }
  const [ours, ruby] = await Promise.all([back('ours.example.net'), back('ruby.example.net')])
  return { ours, ruby }
}
