import { COMMANDS } from '../../bin/commands'
import { titleOf } from '../../run/outcome'
import { ERROR_CODES, EXIT, exitCodeFor } from '../../system/errors'

/** The meaning of each exit status of a run. */
const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  passed: 'Every step passed on every host. A plan: it would pass. A rehearsal: every fault ended as it may.',
  failed:
    'A host diverged, failed or was silent; or the journal could not be written. A plan: it would fail. A rehearsal: an outcome occurred that must never occur.',
  invalid: 'The feature or the configuration is wrong, or the linter has found an error. Nothing was sent.',
  noHosts: 'No host was discovered.',
  unreachable: 'A broker or HAProxy could not be reached, refused, or went away for good.',
  passedWithFailures: 'Passed. Hosts within the failure budget failed, are listed, and stay out of rotation.',
  refused: 'Another rollout has some of the hosts, a gate stayed shut, or the rollout differs from the plan.',
  interrupted: 'Ctrl-C, or another signal.',
}

const HEAD = `# Exit statuses

A run says at its end what came of it, in a word and as its exit status. A pipeline can stop at each.
[When it stops](when-it-stops.md) says what to do then.

| exit status | verdict | meaning | conditions that end a run so |
|---|---|---|---|
`

const TAIL = `
## Commands

The commands that carry out features have the exit statuses above. Every command exits with 2 when it cannot be asked like
that, but for \`drift\`, which exits with 3.

| command | exit statuses |
|---|---|
`

/** Returns docs/exit-statuses.md: the exit statuses of runs and commands. */
export function exitStatusesPage(): string {
  const rows = (Object.keys(MEANINGS) as (keyof typeof EXIT)[]).map((name) => {
    const status = EXIT[name]
    const codes = ERROR_CODES.filter((code) => exitCodeFor(code) === status).map((code) => `\`${code}\``)
    return `| ${status} | ${titleOf(status, 'live')} | ${MEANINGS[name]} | ${codes.join(', ')} |\n`
  })
  const commands = Object.entries(COMMANDS).flatMap(([name, { group, exits }]) =>
    group === 'rollouts' ? [] : [`| \`lockstep ${name}\` | ${formatExits(exits)} |\n`],
  )
  return `${HEAD}${rows.join('')}${TAIL}${commands.join('')}`
}

function formatExits(exits: Readonly<Record<number, string>>): string {
  return Object.entries(exits)
    .map(([status, meaning]) => `${status}: ${meaning}`)
    .join(' · ')
}
