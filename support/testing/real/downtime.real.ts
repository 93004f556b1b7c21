import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { localGateway } from '../../balancers/local_gateway'
import { downtimesIn } from '../../monitoring/downtimes'
import type { DowntimeSystem } from '../../monitoring/systems/downtime_system'
import { IcingaApi } from '../../monitoring/systems/icinga_api'
import { IcingaDowntimes } from '../../monitoring/systems/icinga_downtimes'
import { NagiosDowntimes } from '../../monitoring/systems/nagios_downtimes'
import { parseNagiosStatus } from '../../monitoring/systems/nagios_status'
import { redactNothing } from '../../system/redaction'
import { behavesAsDowntimeSystem, type MonitoringUnderTest } from '../downtime_contract'
import { Scratch } from '../scratch'
import { startIcinga, type RealIcinga } from './icinga'
import { startNagios, type RealNagios } from './nagios'
import { untilReady } from './processes'

const HOSTS = ['web1.example.net', 'web2.example.net'] as const
const HOUR_MS = 3_600_000
const WITHIN_MS = 120_000

const reach = localGateway(() => {
  throw new Error('a host was asked')
})

/** Returns why hosts could not be taken, of a system that is not as it should be. */
async function refusalOf(system: DowntimeSystem, host: string = HOSTS[0]): Promise<string> {
  const downtimes = downtimesIn({ systems: [system], run: '9', lookEvery: 250, isPlanned: () => false })
  const { outcomes } = await downtimes.begin([host], HOUR_MS, reach)
  const answer = outcomes.get(host)
  return answer?.kind === 'failed' ? answer.message : `it passed: ${JSON.stringify(answer)}`
}

describe('Downtimes in a real Icinga 2', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let icinga: RealIcinga
  before(async () => {
    scratch = new Scratch()
    icinga = await startIcinga(scratch)
    for (const host of HOSTS) {
      await icinga.ask('PUT', `objects/hosts/${host}`, { templates: ['lockstep-host'], attrs: {} })
      await icinga.ask('PUT', `objects/services/${host}!load`, {
        templates: ['lockstep-service'],
        attrs: { check_command: 'dummy' },
      })
      await icinga.ask('PUT', `objects/services/${host}!backup`, {
        templates: ['lockstep-service'],
        attrs: { check_command: 'dummy', enable_active_checks: false, 'vars.dummy_state': 2 },
      })
    }
  })
  after(async () => {
    await icinga?.stop()
    scratch.remove()
  })
  const systemWith = (more: { password?: string; url?: string } = {}) =>
    new IcingaDowntimes(
      new IcingaApi(
        { ...icinga, user: icinga.downtimeUser, ca: readFileSync(icinga.ca, 'utf8'), ...more },
        redactNothing,
      ),
    )
  const authorsOn = async (host: string) => {
    const { results } = await icinga.ask('GET', 'objects/downtimes')
    return results
      .flatMap(({ attrs }) => (attrs['host_name'] === host ? [String(attrs['author'])] : []))
      .sort()
  }
  behavesAsDowntimeSystem(
    (): MonitoringUnderTest => ({
      system: systemWith(),
      hosts: HOSTS,
      lookEvery: 250,
      async setCritical(host, isCritical) {
        const attrs = { 'vars.dummy_state': isCritical ? 2 : 0 }
        await icinga.ask('POST', `objects/services/${host}!load`, { attrs })
      },
      async report(host, state) {
        const result = { exit_status: state === 'OK' ? 0 : 2, plugin_output: state }
        const of = { type: 'Service', service: `${host}!backup` }
        await icinga.ask('POST', 'actions/process-check-result', { ...of, ...result })
      },
      async mute(host) {
        const now = Date.now() / 1000
        const body = {
          author: 'operator',
          comment: 'a disk is exchanged',
          start_time: now,
          end_time: now + 3_600,
        }
        await icinga.ask('POST', 'actions/schedule-downtime', { type: 'Host', host, ...body })
      },
      authorsOn,
    }),
    reach,
  )

  it('names a password that it does not know, and an API that is not there', async () => {
    expect(await refusalOf(systemWith({ password: 'another' }))).to.match(
      /does not know the user or the password/,
    )
    expect(await refusalOf(systemWith({ url: 'https://localhost:1' }))).to.match(
      /^Icinga: https:\/\/localhost:1 /,
    )
  })

  it('keeps downtimes over a kill of Icinga', async () => {
    const downtimes = downtimesIn({
      systems: [systemWith()],
      run: '3',
      lookEvery: 250,
      isPlanned: () => false,
    })
    const [, host] = HOSTS
    await downtimes.begin([host], HOUR_MS, reach)
    await icinga.kill()
    expect(await refusalOf(systemWith(), host)).to.match(/^Icinga: https:/)
    await icinga.restart()
    const { outcomes } = await downtimes.look([host], reach)
    expect(outcomes.get(host)).to.deep.include({ kind: 'answered' })
    expect(await authorsOn(host)).to.deep.equal(['lockstep', 'lockstep', 'lockstep'])
    const ended = await downtimes.end([host], WITHIN_MS, reach)
    expect(ended.outcomes.get(host)).to.deep.include({ kind: 'answered' })
    expect(await authorsOn(host)).to.deep.equal([])
  })
})

describe('Downtimes in a real Nagios', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let nagios: RealNagios
  before(async () => {
    scratch = new Scratch()
    nagios = await startNagios(scratch)
    const command = `define command {
  command_name check_critical
  command_line /bin/sh -c "exit 2"
}
define command {
  command_name check_load
  command_line ${scratch.write('check_load', '#!/bin/sh\n[ ! -e "$1" ] || exit 2\n')} ${scratch.path}/$HOSTNAME$.critical
}
`
    execFileSync('chmod', ['755', join(scratch.path, 'check_load')])
    writeFileSync(join(nagios.folder, 'check_load.cfg'), command)
    for (const host of HOSTS)
      writeFileSync(
        join(nagios.folder, `${host}.cfg`),
        `define host {
  use lockstep-host
  host_name ${host}
  address 127.0.0.1
  check_command ${host === HOSTS[1] ? 'null' : 'check_ok'}
}
define service {
  use lockstep-service
  host_name ${host}
  service_description load
  check_command check_load
}
define service {
  use lockstep-service
  host_name ${host}
  service_description backup
  check_command check_critical
  active_checks_enabled 0
}
`,
      )
    execFileSync(nagios.reload[0] ?? '', nagios.reload.slice(1))
    await untilReady('the hosts', nagios.running, async () => nagios.shows().includes(HOSTS[1]), WITHIN_MS)
  })
  after(async () => {
    await nagios?.stop()
    scratch.remove()
  })
  const place = (name: string) => join(scratch.path, 'nagios/var', name)
  const systemWith = (config = nagios.config) => new NagiosDowntimes({ config, now: () => Date.now() })
  behavesAsDowntimeSystem(
    (): MonitoringUnderTest => ({
      system: systemWith(),
      hosts: HOSTS,
      lookEvery: 250,
      async setCritical(host, isCritical) {
        const mark = join(scratch.path, `${host}.critical`)
        if (isCritical) writeFileSync(mark, '')
        else rmSync(mark)
      },
      async report(host, state) {
        const now = Math.floor(Date.now() / 1000)
        writeFileSync(
          place('rw/nagios.cmd'),
          `[${now}] PROCESS_SERVICE_CHECK_RESULT;${host};backup;${state === 'OK' ? 0 : 2};${state}\n`,
        )
        await untilReady('the report', nagios.running, async () => reportOf(host) === state, WITHIN_MS)
      },
      async mute(host) {
        const now = Math.floor(Date.now() / 1000)
        writeFileSync(
          place('rw/nagios.cmd'),
          `[${now}] SCHEDULE_HOST_DOWNTIME;${host};${now};${now + 3_600};1;0;3600;operator;a disk is exchanged\n`,
        )
        await untilReady(
          'the downtime',
          nagios.running,
          async () => authorsOn(host).includes('operator'),
          WITHIN_MS,
        )
      },
      authorsOn: async (host) => authorsOn(host),
    }),
    reach,
  )
  function statusBlocks() {
    return parseNagiosStatus(readFileSync(place('status.dat'), 'utf8')) ?? []
  }
  function reportOf(host: string): string | undefined {
    const of = ({ values }: ReturnType<typeof statusBlocks>[number]) =>
      values.get('host_name') === host && values.get('service_description') === 'backup'
    return statusBlocks()
      .find((block) => block.kind === 'servicestatus' && of(block))
      ?.values.get('plugin_output')
  }
  function authorsOn(host: string): string[] {
    return statusBlocks()
      .filter(
        ({ kind, values }) => /^(?:host|service)downtime$/.test(kind) && values.get('host_name') === host,
      )
      .map(({ values }) => values.get('author') ?? '')
      .sort()
  }

  it('is refused without waiting where its commands are a file that no Nagios reads, or no pipe', async () => {
    const main = readFileSync(nagios.config, 'utf8')
    const file = scratch.write('no.cmd', '')
    execFileSync('mkfifo', [join(scratch.path, 'unread.cmd')])
    for (const [path, why] of [
      [file, /is no pipe, so no Nagios reads it/],
      [join(scratch.path, 'unread.cmd'), /takes nothing: no Nagios reads it; is it running/],
      [join(scratch.path, 'missing.cmd'), /takes nothing: no Nagios reads it; is it running/],
    ] as const) {
      const config = scratch.write(
        'nagios/other.cfg',
        main.replace(/^command_file=.*$/m, `command_file=${path}`),
      )
      expect(await refusalOf(systemWith(config))).to.match(why)
    }
    expect(readFileSync(file, 'utf8')).to.equal('')
  })

  it('shows nothing once it is stopped, whatever its last status says', async () => {
    await nagios.running.stop('SIGKILL')
    expect(await refusalOf(systemWith())).to.match(
      /has not written .*status\.dat anew within 32 s.*is it running\?$/,
    )
  })
})
