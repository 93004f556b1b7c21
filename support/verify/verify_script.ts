import { quoteWord } from '../system/commands'

/** The line by which an installed hook is known again. Its number is raised with every change of the script. */
export const VERIFY_MARK = '# A hook of Lockstep that checks pushes, form 1'

/** The folders in which the hook finds programs. */
export const PATH_OF_HOOK = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The program that the hook starts. */
export interface VerifyScript {
  /** The absolute paths of node and of the program of `lockstep`. */
  node: string
  program: string
  /** The arguments of `lockstep hook verify`. */
  args: readonly string[]
}

/** The only variables that pass: git sets them itself, over those of the pusher, and the first is always there. */
const OF_GIT = ['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH']

/**
 * Returns the hook that checks a push before anybody has it: `pre-receive` of a git repository, a program of POSIX sh. It
 * clears the environment, since variables of the pusher could load other code into node. What cannot be checked is
 * refused. Sources: githooks(5), git-receive-pack(1).
 */
export function verifyScript({ node, program, args }: VerifyScript): string {
  const passed = OF_GIT.map((name) => `\${${name}+"${name}=$${name}"}`).join(' \\\n  ')
  return `#!/bin/sh
${VERIFY_MARK}
# It checks each push before anybody has it, and refuses what is faulty or cannot be checked.
PATH=${PATH_OF_HOOK}
node=${quoteWord(node)}
lockstep=${quoteWord(program)}

refuse() {
  echo "lockstep: the push is refused, since it cannot be checked: $1" >&2
  echo "lockstep: tell the people who run this server; nothing of the push was taken" >&2
  exit 1
}

[ -x "$node" ] || refuse "there is no node at $node"
[ -r "$lockstep" ] || refuse "there is no lockstep at $lockstep"
/usr/bin/env -i PATH="$PATH" HOME=/ LANG=C.UTF-8 GIT_DIR="\${GIT_DIR:-.}" \\
  ${passed} \\
  "$node" "$lockstep" hook verify${args.map((arg) => ` ${quoteWord(arg)}`).join('')}
status=$?
[ "$status" -eq 0 ] && exit 0
[ "$status" -eq 1 ] && { echo "lockstep: nothing of the push was taken" >&2; exit 1; }
refuse "lockstep ended with $status"
`
}
