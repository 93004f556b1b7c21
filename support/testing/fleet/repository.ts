import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Scratch } from '../scratch'

export const OLD = '4.2.6-2.el5'
export const NEW = '4.2.6-3.el5'

/**
 * Builds a local apt repository of `mywebapp` in two versions. Files of the host make it slow to install
 * (`/etc/mywebapp.slow`, seconds), the new version not start (`.broken`), and its health check fail (`.ill`).
 */
export function buildRepository(scratch: Scratch): string {
  const entries = [OLD, NEW].map((version) => {
    const file = `mywebapp_${version}_all.deb`
    const tree = packageTree(scratch, version)
    execFileSync(
      'dpkg-deb',
      ['--build', '--root-owner-group', '-Znone', tree, join(scratch.path, 'repo', file)],
      {
        stdio: 'pipe',
      },
    )
    const path = join(scratch.path, 'repo', file)
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
    return `${control(version)}Filename: ./${file}\nSize: ${statSync(path).size}\nSHA256: ${sha256}\n`
  })
  scratch.write('repo/Packages', entries.join('\n'), 0o644)
  return join(scratch.path, 'repo')
}

function packageTree(scratch: Scratch, version: string): string {
  const tree = `mywebapp-${version}`
  scratch.write('repo/.keep', '', 0o644)
  scratch.write(`${tree}/DEBIAN/control`, control(version), 0o644)
  scratch.write(
    `${tree}/DEBIAN/postinst`,
    '#!/bin/sh\nset -e\n[ ! -e /etc/mywebapp.slow ] || sleep "$(cat /etc/mywebapp.slow)"\n[ "$1" != configure ] || /etc/init.d/mywebapp start\n',
    0o755,
  )
  scratch.write(`${tree}/DEBIAN/prerm`, '#!/bin/sh\n/etc/init.d/mywebapp stop\n', 0o755)
  scratch.write(`${tree}/etc/init.d/mywebapp`, SCRIPT, 0o755)
  scratch.write(`${tree}/opt/mywebapp/server.cjs`, server(version), 0o755)
  return join(scratch.path, tree)
}

function control(version: string): string {
  return `Package: mywebapp
Version: ${version}
Architecture: all
Maintainer: nobody <nobody@example.net>
Description: the website of a small fleet
`
}

const SCRIPT = `#!/bin/sh
### BEGIN INIT INFO
# Provides: mywebapp
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop:
### END INIT INFO
pid=/run/mywebapp.pid
daemon=${process.execPath}
case "$1" in
  start)
    start-stop-daemon --start --oknodo --background --make-pidfile --pidfile $pid --exec $daemon -- /opt/mywebapp/server.cjs
    # Up when it answers, or not at all.
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      [ -e /run/mywebapp.up ] && exit 0
      sleep 0.25
    done
    exit 1 ;;
  stop)
    rm -f /run/mywebapp.up
    start-stop-daemon --stop --oknodo --retry 5 --pidfile $pid --remove-pidfile --exec $daemon ;;
  restart) $0 stop && $0 start ;;
  status) start-stop-daemon --status --pidfile $pid --exec $daemon ;;
  *) exit 2 ;;
esac
`

function server(version: string): string {
  return `const { createServer } = require('node:http')
const { existsSync, writeFileSync } = require('node:fs')
if (${JSON.stringify(version)} === ${JSON.stringify(NEW)} && existsSync('/etc/mywebapp.broken')) process.exit(1)
createServer((request, response) => {
  if (request.url === '/health' && existsSync('/etc/mywebapp.ill')) response.statusCode = 500
  response.end('mywebapp ${version}\\n')
}).listen(80, () => writeFileSync('/run/mywebapp.up', ''))
`
}
