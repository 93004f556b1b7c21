import { readFleetFile } from '../../simulation/fleet_file'
import { EMBEDDED_FLEET } from '../../simulation/embedded'
import { SimulatedHaproxy } from '../../simulation/haproxy'
import type { HostDescription } from '../../simulation/simulated_host'
import { piecesOf } from '../pieces'
import { WebEndpoint } from '../web_endpoint'
import { filesIn, readText } from './files'
import { startFleet } from './fleet'
import type { Manual } from './manual'

/** Starts hosts, a HAProxy and a web server that all say a secret where reports cut what others say. */
export async function startEchoes(manual: Manual, secret: string): Promise<void> {
  const fleet = readFleetFile(EMBEDDED_FLEET)
  const hosts = fleet.hosts.map((host, index) => withEcho(host, secret, index))
  await startFleet(manual, { ...fleet, hosts })
  const servers = hosts.map(({ identity }) => identity)
  const haproxy = echoingHaproxy(servers, secret)
  manual.haproxy = haproxy
  manual.endpoint = await WebEndpoint.start()
  manual.endpoint.answer = (response) => response.writeHead(400).end(echo(secret, 100, 0))
  manual.echoed = secret
  manual.env['TOKEN'] = secret
  manual.env['HOOK_URL'] = manual.endpoint.url('/hook')
  manual.scratch.write('lockstep.yaml', environment(await haproxy.start()))
}

/** Returns where pieces of the secret are, plain or in base64: on the screen, in files, in notifications. */
export function findEchoes(manual: Manual): string[] {
  const files = ['reports', '.lockstep', '.locks'].flatMap((folder) => filesIn(manual, folder))
  const kinds = ['html', 'json', 'xml', 'ndjson', 'log', 'feature']
  const lacking = kinds.find((kind) => !files.some((name) => name.endsWith(`.${kind}`)))
  if (lacking !== undefined) throw new Error(`no file of the kind ${lacking} was written`)
  const notifications =
    manual.endpoint?.received.map(({ body }) => ({ name: 'a notification', text: body })) ?? []
  const all = [
    ...files.map((name) => ({ name, text: readText(manual, name) })),
    ...notifications,
    { name: 'stdout', text: manual.last.stdout },
    { name: 'stderr', text: manual.last.stderr },
  ]
  return all.flatMap(({ name, text }) => {
    const pieces = [manual.echoed, base64(manual.echoed)].flatMap((form) => piecesOf(form, text))
    return pieces.length === 0 ? [] : [`${name}: ${pieces.join(', ')}`]
  })
}

function withEcho(host: HostDescription, secret: string, index: number): HostDescription {
  const critical = { exitcode: 2, output: echo(secret, 88, index), perfdata: '' }
  return {
    ...host,
    facts: { ...host.facts, [secret]: echo(secret, 370, index) },
    checks: { ...host.checks, check_echo: [critical] },
  }
}

function echoingHaproxy(servers: readonly string[], secret: string): SimulatedHaproxy {
  const haproxy = new SimulatedHaproxy({ backends: { www: [...servers] } })
  servers.forEach((name, index) => {
    haproxy.down.add(`www/${name}`)
    haproxy.complaints.set(`www/${name}`, echo(secret, 360, index))
  })
  return haproxy
}

function environment(runtimePort: number): string {
  return `environments:
  test:
    client_config: client.cfg
    discovery_window: 2 seconds
    look_every: 100 ms
    haproxy: [{ host: 127.0.0.1, port: ${runtimePort} }]
    variables: { token: { env: TOKEN } }
    notifications: [{ webhook: { env: HOOK_URL } }]
`
}

/** Returns a text with the secret, plain or in base64, at a place of its own for each host. */
function echo(secret: string, before: number, index: number): string {
  const form = index % 2 === 0 ? secret : base64(secret)
  return `${'.'.repeat(before + 3 * index)}${form}${'.'.repeat(300)}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '')
}
