import { expectExtensions } from '../../composition/expect_extensions'
import type { Extensions } from '../../extensions/extensions'
import { formatLockstep, PLACES } from '../../system/commands'
import { LockstepError } from '../../system/errors'
import { fail, notChecked, ok, warn, type Check, type Finding } from '../check'
import { NotChecked } from '../not_checked'

/** Looks whether the code that a team adds can be loaded, what each file adds, and whether the environment has all of it. */
export const extensions: Check = {
  name: 'extensions',
  limitMs: 10_000,
  async look(subject) {
    const findings: Finding[] = []
    try {
      const loaded = await subject.extensions()
      findings.push(...judgeExtensions(loaded))
      expectExtensions(await subject.environment(), loaded)
    } catch (error) {
      if (error instanceof LockstepError)
        findings.push(fail(error.message, 'mend it there, then:', formatLockstep('doctor', PLACES)))
      // That the environment cannot be read is said by the check of it.
      else if (!(error instanceof NotChecked)) throw error
    }
    return findings
  },
}

/** Tells what each file adds. A file that adds nothing is none that a team has meant. */
export function judgeExtensions(loaded: Extensions): Finding[] {
  if (loaded.files.length === 0) return [notChecked('no lockstep.yaml here names any')]
  return loaded.files.map((file) => {
    const added = addedBy(file, loaded)
    return added.length > 0
      ? ok(`${file} adds ${added.join(', ')}`)
      : warn(`${file} adds nothing`, 'export what it should add, or take its line out of extensions')
  })
}

function addedBy(file: string, { rules, balancers, channels, agents }: Extensions): string[] {
  const named = (what: string, all: ReadonlyMap<string, { file: string }>) =>
    [...all].flatMap(([name, each]) => (each.file === file ? [`the ${what} ${name}`] : []))
  return [
    ...rules.flatMap(({ rule, file: from }) => (from === file ? [`the rule ${rule.id}`] : [])),
    ...named('balancer', balancers),
    ...named('channel', channels),
    ...named('agent', agents),
  ]
}
