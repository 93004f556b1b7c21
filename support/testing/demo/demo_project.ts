import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../config/environment'
import { compiledCopy } from '../compiled_copy'
import type { Scratch } from '../scratch'
import { expectStompRoad } from '../../config/road_places'

/** A person of the demo, with the password that is made for this time alone. */
export interface DemoPerson {
  name: string
  password: string
  /** The acts of the policy that they may do. */
  may: string
}

export const FEATURE = 'features/website.feature'
/** The path of the program that `npx lockstep` calls in the folder. */
export const PROGRAM = ['node_modules', 'lockstep', 'support', 'bin', 'lockstep.cjs']

/** Writes the folder of a project: a feature, the way to its fleet, who may do what. */
export function writeDemoProject(
  scratch: Scratch,
  {
    environment,
    hosts,
    people,
    port,
  }: {
    environment: Environment
    hosts: readonly string[]
    people: readonly DemoPerson[]
    port: number
  },
): void {
  installLockstep(scratch)
  scratch.write(
    'cucumber.js',
    `module.exports = require(${JSON.stringify(join(compiledCopy(), 'cucumber.js'))})\n`,
  )
  scratch.write(FEATURE, readFileSync(join(__dirname, 'website.feature')))
  scratch.write('hosts.csv', `host,role\n${hosts.map((each) => `${each},roles::dev_server\n`).join('')}`)
  scratch.write('client.cfg', clientCfg(environment))
  scratch.write('policy.txt', people.map(({ name, may }) => `${name} may ${may} in demo\n`).join(''))
  scratch.write(
    'lockstep.yaml',
    `environments:
  demo:
    client_config: client.cfg
    inventory: [hosts.csv]
    haproxy:
${environment.haproxy.map((each) => `      - ${JSON.stringify(each)}\n`).join('')}pipeline:
  listen: { port: ${port} }
  repositories: {}
console:
  people: people.yaml
  policy: policy.txt
  features: [features/*.feature]
`,
  )
}

/** Makes Lockstep a dependency of the project, as npm would, so that commands are shown as a person would call them. */
function installLockstep(scratch: Scratch): void {
  const { path } = scratch
  const program = join(path, ...PROGRAM)
  const call = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`
  scratch.write('node_modules/.bin/lockstep', call, 0o755)
  symlinkSync(compiledCopy(), join(path, 'node_modules', 'lockstep'))
}

function clientCfg(environment: Environment): string {
  const { road, collective } = expectStompRoad(environment, 'the demonstration')
  const { brokers, security } = road
  const [broker] = brokers
  return `main_collective = ${collective}
collectives = ${collective}
identity = demo
direct_addressing = 1
connector = activemq
plugin.activemq.vhost = mcollective
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = ${broker?.host ?? ''}
plugin.activemq.pool.1.port = ${broker?.port ?? 0}
securityprovider = psk
plugin.psk = ${security.provider === 'psk' ? security.secret : ''}
`
}
