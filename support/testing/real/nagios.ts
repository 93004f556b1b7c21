import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scratch } from '../scratch'
import { start, untilReady, type Running } from './processes'

export interface RealNagios {
  config: string
  /** The folder that Lockstep writes; the configuration reads it. */
  folder: string
  /** The program that has it read its configuration again. */
  reload: readonly string[]
  running: Running
  /** Returns `host` and `host!service` of all that it has read last, by its own cache. */
  shows(): string[]
  stop(): Promise<void>
}

const OBJECTS = `define timeperiod {
  timeperiod_name always
  monday 00:00-24:00
  alias always
}
define command {
  command_name check_ok
  command_line /bin/true
}
define command {
  command_name check_nrpe
  command_line /bin/true $HOSTADDRESS$ $ARG1$
}
define contact {
  contact_name operators
  host_notification_period always
  service_notification_period always
  host_notification_commands check_ok
  service_notification_commands check_ok
}
define host {
  name lockstep-host
  register 0
  check_command check_ok
  check_period always
  contacts operators
  max_check_attempts 1
}
define service {
  name lockstep-service
  register 0
  check_period always
  contacts operators
  max_check_attempts 1
}
define host {
  use lockstep-host
  host_name other.example.net
  address 192.0.2.1
}
define service {
  use lockstep-service
  host_name other.example.net
  service_description ping
  check_command check_ok
}
`

/** Starts Debian's Nagios with a configuration of its own, all of it below the scratch folder. */
export async function startNagios(scratch: Scratch): Promise<RealNagios> {
  const at = (name: string) => join(scratch.path, 'nagios', name)
  for (const folder of ['lockstep', 'var/rw', 'var/spool']) mkdirSync(at(folder), { recursive: true })
  scratch.write('nagios/objects/base.cfg', OBJECTS)
  const config = scratch.write(
    'nagios/nagios.cfg',
    `log_file=${at('var/nagios.log')}
cfg_file=objects/base.cfg
cfg_dir=lockstep
object_cache_file=${at('var/objects.cache')}
precached_object_file=${at('var/objects.precache')}
status_file=${at('var/status.dat')}
command_file=${at('var/rw/nagios.cmd')}
lock_file=${at('var/nagios.lock')}
temp_file=${at('var/nagios.tmp')}
temp_path=${at('var')}
check_result_path=${at('var/spool')}
state_retention_file=${at('var/retention.dat')}
nagios_user=root
nagios_group=root
use_syslog=0
check_for_updates=0
status_update_interval=2
`,
  )
  const running = start('nagios4', [config], at('nagios.out'))
  const cache = at('var/objects.cache')
  const shows = () => {
    const found: string[] = []
    for (const [, kind, body = ''] of read(cache).matchAll(/define (host|service) \{([^}]*)\}/g)) {
      const host = /\thost_name\t(.*)/.exec(body)?.[1] ?? ''
      const service = /\tservice_description\t(.*)/.exec(body)?.[1] ?? ''
      // Nagios does not start without any service.
      if (service !== 'ping') found.push(kind === 'host' ? host : `${host}!${service}`)
    }
    return found.sort()
  }
  await untilReady('nagios4', running, async () => shows().includes('other.example.net'), 60_000)
  const script = scratch.write('nagios/reload', `#!/bin/sh\nexec kill -HUP ${running.child.pid}\n`)
  chmodSync(script, 0o700)
  return { config, folder: at('lockstep'), reload: [script], running, shows, stop: () => running.stop() }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
