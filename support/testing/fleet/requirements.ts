import { existsSync } from 'node:fs'
import { findProgram } from '../../system/programs'

/** The programs that a small fleet needs, and Debian's package of each. */
const NEEDED: readonly [program: string, debian: string][] = [
  ['ip', 'iproute2'],
  ['iptables', 'iptables'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['dpkg-deb', 'dpkg'],
  ['apt-get', 'apt'],
  ['start-stop-daemon', 'dpkg'],
  ['service', 'init-system-helpers'],
  ['haproxy', 'haproxy'],
  ['curl', 'curl'],
  ['java', 'default-jre-headless'],
  ['/usr/bin/activemq', 'activemq'],
  ['/usr/lib/nagios/plugins/check_http', 'monitoring-plugins-basic'],
]

/** Returns why a small fleet cannot be started here, as a sentence that says what to do; undefined when it can. */
export function lacking(): string | undefined {
  if (process.platform !== 'linux')
    return 'a small fleet needs Linux: its hosts are network and mount namespaces'
  if (process.getuid?.() !== 0) return 'a small fleet needs root, for its namespaces: run it with sudo'
  const missing = NEEDED.filter(([program]) =>
    program.startsWith('/') ? !existsSync(program) : !findProgram(program),
  )
  if (missing.length === 0) return undefined
  const programs = missing.map(([program]) => program).join(', ')
  const packages = [...new Set(missing.map(([, debian]) => debian))].join(' ')
  return `a small fleet needs ${programs}; on Debian: apt-get install --no-install-recommends ${packages}`
}
