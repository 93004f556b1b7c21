import { parseArgs } from 'node:util'
import { outliveOutputs } from '../../system/output'
import { lacking } from './requirements'
import { SmallFleet } from './small_fleet'

/** Starts `npm run fleet`: a small real fleet on this machine for as long as this runs. Prints how to speak to it. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { hosts: { type: 'string', default: '4' } } })
  const hosts = Number(values.hosts)
  const reason =
    Number.isInteger(hosts) && hosts >= 1 && hosts <= 50
      ? lacking()
      : `--hosts is ${values.hosts}; expected a whole number from 1 to 50`
  if (reason !== undefined) {
    process.stderr.write(`${reason}\n`)
    process.exitCode = 2
    return
  }
  // The reader of the output may be ended by the same Ctrl-C. The fleet has to be taken away all the same, from the
  // first moment.
  outliveOutputs(process.stdout, process.stderr)
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
  const began = Date.now()
  const fleet = await SmallFleet.start({
    hosts,
    onProgress: (what) => process.stdout.write(`  ${what} …\n`),
  })
  process.stdout.write(told(fleet, (Date.now() - began) / 1000))
  await ended
  process.stdout.write('\ntaking the fleet away …\n')
  await fleet.stop()
}

function told(fleet: SmallFleet, seconds: number): string {
  const { hosts, haproxy, scratch, clientCfg } = fleet
  // Other fleets on this machine may have hosts of the same names.
  const rollout = `LOCKSTEP_CONFIG=${scratch.path}/lockstep.yaml LOCKSTEP_LOCKS=${scratch.path}/locks npx cucumber-js -p live`
  return `
${hosts.length} hosts are up after ${seconds.toFixed(0)} s, with mywebapp 4.2.6-2.el5:
${hosts.map(({ identity, address }) => `  ${identity}  http://${address}/`).join('\n')}
HAProxy is in front of them: http://127.0.0.1:${haproxy.port}/

In another terminal, from here:
  ${rollout} features/deployments/website.feature
  ${rollout} features/deployments/rolling.feature
and, where mco is installed:
  mco ping -c ${clientCfg}

Ctrl-C here takes it all away again.
`
}

void main()
