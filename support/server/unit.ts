import { escapeUnitWord } from '../system/unit_words'

export interface ServeUnit {
  /** The command line, one word each. */
  command: readonly string[]
  /** The folders that it writes, as absolute paths. */
  writes: readonly string[]
  /** The capabilities beyond those of its user, such as to become another one; the program starts without all others. */
  capabilities: readonly string[]
}

/** The files that the units take variables from. */
export const VARIABLES_FILE = '/etc/default/lockstep-serve'
export const RUNNER_VARIABLES_FILE = '/etc/default/lockstep-runner'

/** Seconds without a sign of life, far longer than any work that blocks the process. */
const WATCHDOG_S = 60

/** Tells systemd when the process is ready, and that it comes round. */
const NOTIFIED = `Type=notify
# The program systemd-notify speaks for it: Node has no sockets of the kind that systemd listens on.
NotifyAccess=all
WatchdogSec=${WATCHDOG_S}`
/** Tells systemd nothing: it would believe every process of the service, and so those of builds, which could end it. */
const SILENT = `# Builds of other users run in this service, and systemd would believe what they say of it: it listens to none.
Type=exec
NotifyAccess=none`

/** Leaves rollouts to themselves when the service ends, and lets them have the locks of all rollouts of the machine. */
const OUTLIVED = `# A rollout that is under way goes on when the service ends. Builds and plans are ended by the service itself.
KillMode=process
# The locks that all rollouts of this machine share.
Environment=LOCKSTEP_LOCKS=/run/lock/lockstep
ReadWritePaths=/run/lock
`

/** The words in which the units of two programs differ. */
interface UnitWords {
  description: string
  variables: string
  /** The reason of a restart, as a comment. */
  restart: string
  umask: string
}

/**
 * Returns a unit for systemd with as few rights as `lockstep serve` can do with. `rollsOut` is true where it begins rollouts,
 * which outlive it.
 */
export function serveUnit({ rollsOut, ...unit }: ServeUnit & { rollsOut: boolean }): string {
  const umask = '# Hooks and serve write the spool by one group.\nUMask=0007'
  return unitWith(unit, {
    description: "Lockstep's pipeline: from a push to every host",
    variables: VARIABLES_FILE,
    restart:
      '# A journal that cannot be written ends it, and so does a claim that is lost. What was taken is on disk.',
    umask: rollsOut ? `${umask}\n${OUTLIVED.trimEnd()}` : umask,
  })
}

/** Returns a unit for systemd with as few rights as `lockstep ci --listen` can do with. */
export function runnerUnit(unit: ServeUnit): string {
  return unitWith(unit, {
    description: "Lockstep's runner: tests commits for a lockstep serve on another machine",
    variables: RUNNER_VARIABLES_FILE,
    restart: '# A claim that is lost ends it. Its order goes back to the queue.',
    umask: 'UMask=0077',
  })
}

function unitWith(
  { command, writes, capabilities }: ServeUnit,
  { description, variables, restart, umask }: UnitWords,
): string {
  return `[Unit]
Description=${description}
After=network-online.target
Wants=network-online.target

[Service]
${capabilities.length === 0 ? NOTIFIED : SILENT}
# A build that is out of memory is ended by itself, and not the service with it.
OOMPolicy=continue
# The user whom the state folder belongs to: useradd --system --create-home --shell /usr/sbin/nologin lockstep
User=lockstep
# Secrets that lockstep.yaml takes from variables.
EnvironmentFile=-${variables}
ExecStart=${command.map(escapeUnitWord).join(' ')}
${restart}
Restart=always
RestartSec=5
# A wrong configuration does not get right by trying again.
RestartPreventExitStatus=2
TimeoutStopSec=30
${umask}
LimitCORE=0
CapabilityBoundingSet=${capabilities.join(' ')}
AmbientCapabilities=${capabilities.join(' ')}
NoNewPrivileges=yes
ProtectSystem=strict
${writes.map((path) => `ReadWritePaths=${escapeUnitWord(`-${path}`)}`).join('\n')}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`
}
