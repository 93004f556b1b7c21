import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { After, Given, Then, type World } from '@cucumber/cucumber'
import { expect } from 'chai'
import { readFleetFile } from '../../simulation/fleet_file'
import { EMBEDDED_FLEET } from '../../simulation/embedded'
import { EmbeddedFleet } from '../../simulation/fleet'
import { SimulatedHaproxy } from '../../simulation/haproxy'
import { systemClock } from '../../system/clock'
import { piecesOf } from '../pieces'
import type { ProcessRun } from '../cucumber_process'
import type { Scratch } from '../scratch'
import { WebEndpoint } from '../web_endpoint'

/** The part of the manual that the chapter on echoed secrets needs. */
interface Echoed extends World {
  readonly scratch: Scratch
  readonly env: Record<string, string>
  readonly last: ProcessRun
  elsewhere: EmbeddedFleet | undefined
  haproxy: SimulatedHaproxy | undefined
  echo: WebEndpoint | undefined
  echoed: string
}

After(async function (this: Echoed) {
  await this.echo?.stop()
})

Given(
  'a fleet, a HAProxy and a web server that echo the secret {string} where texts are cut',
  async function (this: Echoed, secret: string) {
    this.echoed = secret
    const read = readFleetFile(EMBEDDED_FLEET)
    const hosts = read.hosts.map((host, index) => ({
      ...host,
      facts: { ...host.facts, [secret]: echo(secret, 370, index) },
      checks: {
        ...host.checks,
        check_echo: [{ exitcode: 2, output: echo(secret, 88, index), perfdata: '' }],
      },
    }))
    const psk = 'psk-of-the-echo'
    const fleet = { ...read, hosts }
    this.elsewhere = new EmbeddedFleet({ fleet, collective: 'mcollective', secret: psk, clock: systemClock })
    const servers = hosts.map(({ identity }) => identity)
    this.haproxy = new SimulatedHaproxy({ backends: { www: servers } })
    servers.forEach((name, index) => {
      this.haproxy?.down.add(`www/${name}`)
      this.haproxy?.complaints.set(`www/${name}`, echo(secret, 360, index))
    })
    this.echo = await WebEndpoint.start()
    this.echo.answer = (response) => response.writeHead(400).end(echo(secret, 100, 0))
    const [port, runtime] = [await this.elsewhere.start(), await this.haproxy.start()]
    const pool = 'plugin.activemq.pool'
    this.scratch.write(
      'client.cfg',
      `plugin.psk = ${psk}\n${pool}.size = 1\n${pool}.1.host = 127.0.0.1\n${pool}.1.port = ${port}\n`,
    )
    this.env['TOKEN'] = secret
    this.env['HOOK_URL'] = this.echo.url('/hook')
    this.scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: client.cfg
    discovery_window: 2 seconds
    look_every: 100 ms
    haproxy: [{ host: 127.0.0.1, port: ${runtime} }]
    variables: { token: { env: TOKEN } }
    notices: [{ webhook: { env: HOOK_URL } }]
`,
    )
  },
)

Then('no part of the secret should be in what it said, wrote or told', function (this: Echoed) {
  const written = ['reports', '.lockstep', '.locks'].flatMap((folder) =>
    filesIn(join(this.scratch.path, folder)),
  )
  expect(written.map(({ name }) => name.replace(/.*\./, ''))).to.include.members([
    'html',
    'json',
    'xml',
    'ndjson',
    'log',
    'feature',
  ])
  const told = this.echo?.received.map(({ body }) => ({ name: 'a notice', text: body })) ?? []
  const said = [
    { name: 'stdout', text: this.last.stdout },
    { name: 'stderr', text: this.last.stderr },
  ]
  const found = [...written, ...told, ...said].flatMap(({ name, text }) => {
    const all = [this.echoed, base64(this.echoed)].flatMap((form) => piecesOf(form, text))
    return all.length === 0 ? [] : [`${name}: ${all.join(', ')}`]
  })
  expect(found).to.deep.equal([])
})

/** Returns a text with the secret, plain or in base64, at a place of its own for each host. */
function echo(secret: string, before: number, index: number): string {
  const form = index % 2 === 0 ? secret : base64(secret)
  return `${'.'.repeat(before + 3 * index)}${form}${'.'.repeat(300)}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '')
}

function filesIn(folder: string): { name: string; text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ name, text: readFileSync(join(parentPath, name), 'utf8') }))
}
