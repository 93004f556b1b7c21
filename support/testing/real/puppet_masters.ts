import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { readBlocks } from '../docs/blocks'
import { commandsOf } from '../docs/console_block'
import { hasEnded as hasProcessEnded } from '../../system/ended_process'
import { FleetNetwork, sweepNetworks } from '../fleet/network'
import { Scratch } from '../scratch'
import { enterMachine, startMachine, type Machine, type MachinePlace } from './machine'

/** The page whose files and commands these machines have. */
const PAGE = 'docs/puppet-masters.md'
/** Cores may be shared by many: what is slow is no failure. */
const READY_WITHIN = 15 * 60_000
const PID_FILE = '/run/puppetserver.pid'
const SERVER = '/usr/share/puppetserver/puppetserver.jar'
/** Less than Debian's gigabyte, since each has one JRuby instance; quick to start rather than quick for long. */
const JAVA =
  '-Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger'

type Entered = Omit<Machine, 'place' | 'stop'>

/** A machine with a puppetserver. */
export interface PuppetMaster extends Entered {
  /** Its own address, past the balancer. */
  url: string
  /** Begins its puppetserver, and resolves when that serves. */
  start(): Promise<void>
  /** Ends its puppetserver as kill -9 does. */
  kill(): Promise<void>
}

/** A machine whose /etc/puppet/puppet.conf names the balancer, with a signed certificate. */
export type PuppetHost = Entered

/** Two real puppetservers behind a real HAProxy, and four hosts. */
export interface PuppetMasters {
  /** The address of this machine in their network. */
  address: string
  masters: readonly PuppetMaster[]
  agents: readonly PuppetHost[]
  /** The machine with HAProxy, and its socket for administrators, as this process reaches it. */
  proxy: Entered & { socket: string }
  stop(): Promise<void>
}

/** Where machines are that another process has started. */
export interface MastersPlace {
  address: string
  machines: readonly MachinePlace[]
}

const MASTERS = ['master1', 'master2']
const AGENTS = ['web1', 'web2', 'web3', 'web4']
const PROXY = 'puppet'

/**
 * Returns the masters that the file of PUPPET_MASTERS tells of, or starts some of its own. A process that begins early
 * writes that file; its masters may be used by one suite after the other. PUPPET_MASTERS_STARTER is its number: it is
 * not waited for once it has ended.
 */
export async function puppetMasters(
  file = process.env['PUPPET_MASTERS'],
  starter = process.env['PUPPET_MASTERS_STARTER'],
): Promise<PuppetMasters> {
  if (file === undefined) return startPuppetMasters()
  const until = Date.now() + READY_WITHIN
  const hasEnded = () => starter !== undefined && !isThere(starter)
  while (!existsSync(file)) {
    // It may have written the file in between.
    if (hasEnded() && !existsSync(file))
      throw new Error(
        `the masters of ${file} did not start: process ${starter} has ended without a word in it`,
      )
    if (Date.now() > until) throw new Error(`the masters of ${file} did not come within ${READY_WITHIN} ms`)
    await wait(500)
  }
  const told = JSON.parse(readFileSync(file, 'utf8')) as MastersPlace | { failed: string }
  if ('failed' in told) throw new Error(`the masters of ${file} did not start: ${told.failed}`)
  if (hasEnded()) throw new Error(`the masters of ${file} are gone: process ${starter} has ended`)
  return together(told, async () => {})
}

/** Returns whether a process runs; one that has ended and was not asked for does not. */
export function isThere(pid: string): boolean {
  try {
    return !hasProcessEnded(pid)
  } catch {
    return false
  }
}

/** Starts masters and hosts of its own; `signal` ends that in the middle. They take two minutes of two cores. */
export async function startPuppetMasters(
  signal?: AbortSignal,
): Promise<PuppetMasters & { place: MastersPlace }> {
  sweepNetworks()
  const scratch = new Scratch()
  const network = new FleetNetwork(process.pid, 19)
  const machines: Machine[] = []
  const stop = async () => {
    await Promise.all(machines.map((machine) => machine.stop()))
    network.remove()
    scratch.remove()
  }
  // What runs on a machine ends with it, and what waits for that goes on.
  const stopNow = () => void Promise.all(machines.map((machine) => machine.stop()))
  signal?.addEventListener('abort', stopNow, { once: true })
  try {
    const places = [...MASTERS, ...AGENTS, PROXY].map((name, index) => ({ name, ...network.add(index + 1) }))
    const hosts = places.map(({ name, address }) => `${address} ${name}.example.net ${name}\n`).join('')
    const standIns = scratch.write('stand-ins/none', '').replace('/none', '')
    for (const { name, space } of places) {
      machines.push(
        await startMachine({
          scratch,
          name: `${name}.example.net`,
          space,
          hosts: `127.0.0.1 localhost\n${hosts}`,
          standIns,
        }),
      )
      signal?.throwIfAborted()
    }
    const place = { address: network.address, machines: machines.map((machine) => machine.place) }
    const made = together(place, stop)
    await prepare(made)
    return { ...made, place }
  } catch (error) {
    await stop()
    throw error
  } finally {
    signal?.removeEventListener('abort', stopNow)
  }
}

function together({ address, machines }: MastersPlace, stop: () => Promise<void>): PuppetMasters {
  const place = (name: string) => {
    const found = machines.find((each) => each.name === `${name}.example.net`)
    if (found === undefined) throw new Error(`there is no machine ${name}`)
    return found
  }
  const find = (name: string) => enterMachine(place(name))
  return {
    address,
    masters: MASTERS.map((name) => masterOf(find(name))),
    agents: AGENTS.map(find),
    proxy: { ...find(PROXY), socket: `${outside(place(PROXY))}/run/haproxy/admin.sock` },
    stop,
  }
}

/** Returns the root of a machine as processes outside of it see it. */
function outside({ first, root }: MachinePlace): string {
  return `/proc/${first}/root${root}`
}

function masterOf(machine: Entered): PuppetMaster {
  const alive = `kill -0 "$(cat ${PID_FILE} 2>/dev/null)" 2>/dev/null`
  return {
    ...machine,
    url: `https://${machine.name}:8140`,
    async start() {
      await must(
        machine,
        `if ! ${alive}; then
install -d -o puppet -g puppet /run/puppetserver /var/log/puppetserver
echo -n 0 >/run/puppetserver/restart; chown puppet: /run/puppetserver/restart
setsid setpriv --reuid puppet --regid puppet --init-groups java ${JAVA} -Dlogappender=F1 -Djruby.lib=/usr/share/jruby/lib \
  -jar ${SERVER} --config /etc/puppet/puppetserver/conf.d --bootstrap-config /etc/puppet/puppetserver/services.d \
  --restart-file /run/puppetserver/restart >/var/log/puppetserver/console.log 2>&1 </dev/null &
echo $! >${PID_FILE}
fi
for _ in $(seq ${READY_WITHIN / 1000}); do
  head -c1 /run/puppetserver/restart | grep -q 1 && exit 0
  ${alive} || break
  sleep 1
done
tail -n 30 /var/log/puppetserver/*.log; exit 1`,
      )
    },
    async kill() {
      await must(machine, `kill -KILL "$(cat ${PID_FILE})"; while ${alive}; do sleep 0.1; done`)
    },
  }
}

/** Brings up masters, balancer and certificates, as the page tells it. */
async function prepare({ masters: [first, second], agents, proxy }: PuppetMasters): Promise<void> {
  if (first === undefined || second === undefined) throw new Error('there are no two masters')
  const clean =
    'find /var/lib/puppet -mindepth 1 ! -path /var/lib/puppet/ssl -delete; rm -rf /var/lib/puppetserver/[!j]* /etc/puppet/puppetserver/ca /etc/puppet/code/environments /var/log/puppetserver/*'
  for (const machine of [first, second, proxy, ...agents]) await must(machine, clean)
  for (const machine of [first, second])
    await must(
      machine,
      "sed -i 's/#* *max-active-instances: .*/max-active-instances: 1/' /etc/puppet/puppetserver/conf.d/puppetserver.conf",
    )
  writeFiles('master1', first)
  writeFiles('master2', second)
  writeFiles('puppet', proxy)
  for (const agent of agents) writeFiles('agents', agent)
  await follow('before', [first])
  // The first host gets its own as the page tells it.
  await giveCertificates(first, agents.slice(1))
  await first.start()
  await follow('while', [first, second, ...agents])
  await second.start()
  await must(
    proxy,
    'install -d /run/haproxy; haproxy -D -f /etc/haproxy/haproxy.cfg >/var/log/haproxy.log 2>&1 </dev/null',
  )
}

/** Runs the commands of the page that belong before the first master's start, or into the time that it runs. */
async function follow(when: 'before' | 'while', machines: readonly Entered[]): Promise<void> {
  const blocks = readBlocks(PAGE).filter(({ language, marks }) => language === 'console' && marks.has('on'))
  const [setUp, ...others] = blocks
  if (setUp === undefined) throw new Error(`${PAGE} has no commands`)
  for (const block of when === 'before' ? [setUp] : others)
    for (const { command } of commandsOf(block)) {
      const machine = machines.find(({ name }) => name.startsWith(`${block.marks.get('on')}.`))
      if (machine === undefined) throw new Error(`${PAGE} has a command of no machine: ${command}`)
      await must(machine, command)
    }
}

/** Makes the certificates of hosts at once, while the authority's server is down: that takes no start of puppet each. */
async function giveCertificates(authority: Entered, agents: readonly Entered[]): Promise<void> {
  const names = agents.map(({ name }) => name)
  await must(authority, `puppetserver ca generate --ca-client --force --certname ${names.join(',')}`)
  const ssl = '/var/lib/puppet/ssl'
  for (const agent of agents)
    for (const file of [
      'certs/ca.pem',
      'crl.pem',
      `certs/${agent.name}.pem`,
      `private_keys/${agent.name}.pem`,
    ])
      agent.write(`${ssl}/${file}`, await must(authority, `cat ${ssl}/${file}`))
}

function writeFiles(on: string, machine: Entered): void {
  for (const { marks, text } of readBlocks(PAGE))
    if (marks.get('on') === on && marks.has('file')) machine.write(marks.get('file') ?? '', text)
}

/** Returns the files of an environment that the page shows, by their paths. */
export function codeOfPage(): ReadonlyMap<string, string> {
  const blocks = readBlocks(PAGE).filter(({ marks }) => marks.get('on') === 'code')
  return new Map(blocks.map(({ marks, text }) => [marks.get('file') ?? '', text]))
}

/** Returns the lines of a master's server.cfg that the page shows, with the repository at another address. */
export function daemonOfPage(url: string): string {
  const [block] = readBlocks(PAGE).filter(({ marks }) => marks.get('on') === 'daemon')
  if (block === undefined) throw new Error(`${PAGE} has no server.cfg`)
  return block.text.replace(/^(plugin\.git\.puppet\.url = ).*$/m, `$1${url}`)
}

/**
 * Runs a command on a machine, and returns what it says.
 * @throws Error with what it said, when it fails
 */
export async function must(machine: Entered, command: string): Promise<string> {
  const { output, exitCode } = await machine.run(command)
  if (exitCode !== 0) throw new Error(`on ${machine.name}, exit status ${exitCode}: ${command}\n${output}`)
  return output
}
