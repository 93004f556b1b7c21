import { hosts as counted } from '../../rollout/model/verdict'
import { foldHosts } from '../../rollout/model/fold_hosts'
import type { Environment } from '../../config/environment'
import { quoteWord } from '../../system/commands'
import { fail, notChecked, ok, warn, type Check, type Finding } from '../check'
import { whereIsSecret } from '../places'
import type { Probe } from '../probe'

/** Looks whether others can read a secret, and whether hosts accept it. */
export const secret: Check = {
  name: 'secret',
  limitMs: 25_000,
  async look(subject) {
    const environment = await subject.environment()
    const readable = environment.warnings
      .filter((warning) => warning.includes('everybody can read it'))
      .map((warning) => {
        const [path = ''] = warning.split(' ')
        return warn(
          warning.split(';')[0] ?? warning,
          'let no other user read it:',
          `chmod 600 ${quoteWord(path)}`,
        )
      })
    const judged = judgeSecret(await subject.probe(), environment, whereIsSecret(environment, subject))
    return [...readable, judged]
  },
}

/**
 * Judges whether hosts accept the secret, by what is heard. A host does not answer a request with a wrong secret, so
 * silence says nothing.
 */
export function judgeSecret(
  { heard }: Probe,
  { security: { provider } }: Pick<Environment, 'security'>,
  where: string,
): Finding {
  const kind = provider === 'psk' ? 'secret' : 'key'
  const odd = [...heard].filter(([, { refusal }]) => refusal !== undefined)
  const good = heard.size - odd.length
  const [first] = odd
  if (first !== undefined)
    return fail(
      `${foldHosts(odd.map(([host]) => host)).join(', ')}: the answer is ${first[1].refusal ?? ''}`,
      `compare it with the ${kind} of the host: ${where}`,
    )
  if (good > 0) return ok(`${counted(good)} accept${good === 1 ? 's' : ''} our ${kind}`)
  return notChecked(
    `no host answers, and a wrong ${kind} looks the same as none: a host that refuses one says so in its own log alone`,
  )
}
