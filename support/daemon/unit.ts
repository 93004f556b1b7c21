import type { ServerEnvironment } from '../config/server_cfg'
import { escapeUnitWord } from '../system/unit_words'

export interface UnitPlan {
  /** The command line of the daemon, one word each. */
  command: readonly string[]
  environment: Pick<ServerEnvironment, 'stateFolder' | 'auditFile' | 'path'>
  /** True when the daemon changes packages, runs puppet or deploys, and so has to be able to change everything. */
  changesTheSystem: boolean
  /** The folders whose password files it writes. */
  writes?: readonly string[]
}

/** The capabilities that no package's script and no check needs. */
const NEVER = [
  'CAP_SYS_BOOT',
  'CAP_SYS_RAWIO',
  'CAP_MAC_ADMIN',
  'CAP_MAC_OVERRIDE',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_LEASE',
  'CAP_SYS_PACCT',
]

/** Seconds without a sign of life, far longer than any work that blocks the daemon. */
const WATCHDOG_S = 60

/** Returns a unit for systemd with as few rights as its agents can do with. */
export function systemdUnit({ command, environment, changesTheSystem, writes: more = [] }: UnitPlan): string {
  const writes = [
    environment.stateFolder,
    ...(environment.auditFile === undefined ? [] : [environment.auditFile]),
    ...new Set(more),
  ]
  const readOnly = [
    'ProtectSystem=strict',
    ...writes.map((path) => `ReadWritePaths=-${path}`),
    'PrivateTmp=yes',
    'ProtectHome=read-only',
    'ProtectKernelModules=yes',
    'MemoryDenyWriteExecute=no',
    'RestrictNamespaces=yes',
    'NoNewPrivileges=yes',
    'SystemCallFilter=~@mount @reboot @swap @raw-io @obsolete @cpu-emulation',
  ]
  return `[Unit]
Description=Lockstep's agent: this host's side of MCollective
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
# The program systemd-notify speaks for it: Node has no sockets of the kind that systemd listens on.
NotifyAccess=all
# A daemon that does not come round any more is ended and started again. No core: it would pass the keys.
WatchdogSec=${WATCHDOG_S}
WatchdogSignal=SIGKILL
ExecStart=${command.map(escapeUnitWord).join(' ')}
Restart=always
RestartSec=1
# What it has started goes on while it is restarted: a package manager is not to be cut off.
KillMode=process
TimeoutStopSec=10
StateDirectory=lockstep
StateDirectoryMode=0700
# Nobody else reads what was asked and answered. Programs that it starts make their files with 0022.
UMask=0077
LimitCORE=0
CapabilityBoundingSet=~${NEVER.join(' ')}
LockPersonality=yes
ProtectClock=yes
ProtectKernelLogs=yes
ProtectHostname=yes
RestrictRealtime=yes
RestrictSUIDSGID=${changesTheSystem ? 'no' : 'yes'}
SystemCallArchitectures=native
${changesTheSystem ? '# It changes packages, runs puppet or deploys: the rest of the system has to be open to it.\n' : `${readOnly.join('\n')}\n`}
[Install]
WantedBy=multi-user.target
`
}
