import { join } from 'node:path'
import { compiledCopy } from '../compiled_copy'
import { ROOT } from '../docs/blocks'
import type { Scratch } from '../scratch'

/** Debian's packages are installed on this machine already. Its RabbitMQ starts once it is installed. */
const APT_GET = `#!/bin/sh
case " $* " in
  *" rabbitmq-server "*)
    setsid rabbitmq-server >/var/log/rabbitmq-server.log 2>&1 </dev/null &
    for _ in $(seq 60); do rabbitmqctl -q await_startup >/dev/null 2>&1 && exit 0; sleep 1; done
    cat /var/log/rabbitmq-server.log
    exit 1 ;;
esac
`

/** Starts and ends what a unit's ExecStart says, as systemd does without its sandbox. */
const SYSTEMCTL = `#!/bin/sh
case $1 in daemon-reload) exit 0 ;; esac
action=$1
[ "$2" = --now ] && shift
name=$2
unit=/etc/systemd/system/$name.service
log=/var/log/$name.log
case $action in
  enable | start)
    [ -f "$unit" ] || { echo "Unit $name.service not found." >&2; exit 5; }
    : >"$log"
    command=$(sed -n 's/^ExecStart=//p' "$unit")
    state=$(sed -n 's/^StateDirectory=//p' "$unit")
    for each in $state; do install -d -m 700 "/var/lib/$each"; done
    setsid sh -c "exec $command" >"$log" 2>&1 </dev/null &
    echo $! >"/run/$name.pid"
    for _ in $(seq 100); do grep -q '"listening"' "$log" && exit 0; sleep 0.2; done
    cat "$log" >&2
    exit 1 ;;
  stop) kill "$(cat "/run/$name.pid")"; for _ in $(seq 50); do kill -0 "$(cat "/run/$name.pid")" 2>/dev/null || exit 0; sleep 0.1; done ;;
esac
`

/** Copies files into root's folder of another machine, by a folder that all machines share. */
const SCP = `#!/bin/sh
shift
while [ $# -gt 1 ]; do files="$files $1"; shift; done
install -d -m 700 "/shared/\${1%%.*}"
cp $files "/shared/\${1%%.*}/"
`

/** Puts Lockstep's own sources, compiled, where npm would install its tarball. */
const npm = (lockstep: string) => `#!/bin/sh
case " $* " in
  *" --global "*)
    [ -f ./lockstep-0.1.0.tgz ] || exit 1
    printf '#!/bin/sh\\nexec node ${lockstep}/support/bin/lockstep.cjs "$@"\\n' >/usr/local/bin/lockstep
    chmod +x /usr/local/bin/lockstep ;;
  *" install "*)
    [ -f ../lockstep-0.1.0.tgz ] && [ -f package.json ] || exit 1
    mkdir -p node_modules/.bin
    ln -s ${lockstep} node_modules/lockstep
    ln -s ${ROOT}/node_modules/@cucumber node_modules/@cucumber
    ln -s ${ROOT}/node_modules/@cucumber/cucumber/bin/cucumber.js node_modules/.bin/cucumber-js
    printf '#!/bin/sh\\nexec node ${lockstep}/support/bin/lockstep.cjs "$@"\\n' >node_modules/.bin/lockstep
    chmod +x node_modules/.bin/lockstep ;;
  *" init "*) echo '{ "name": "deploys", "private": true }' >package.json ;;
esac
`

const NPX =
  '#!/bin/sh\n[ "$1" != --no-install ] || shift\nprogram=$1\nshift\nexec "node_modules/.bin/$program" "$@"\n'

/** Writes programs that stand in for those that need a network, another machine or systemd. Returns their folder. */
export function writeStandIns(scratch: Scratch): string {
  const programs = { 'apt-get': APT_GET, systemctl: SYSTEMCTL, scp: SCP, npm: npm(compiledCopy()), npx: NPX }
  for (const [name, text] of Object.entries(programs)) scratch.write(join('stand-ins', name), text, 0o755)
  return join(scratch.path, 'stand-ins')
}
