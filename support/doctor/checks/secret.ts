import { hosts as counted } from '../../rollout/model/verdict'
import { foldHosts } from '../../rollout/model/fold_hosts'
import type { Environment } from '../../config/environment'
import { quoteWord } from '../../system/commands'
import { fail, notChecked, ok, warn, type Check, type Finding } from '../check'
import { kindOfSecret, whereAreSecrets } from '../places'
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
    const where = whereAreSecrets(environment, subject)
    const ofCertificate = environment.warnings
      .filter((warning) => warning.startsWith('the certificate'))
      .map((warning) => warn(warning, `look at ${where}`))
    return [...readable, ...ofCertificate, judgeSecret(await subject.probe(), environment, where)]
  },
}

/**
 * Judges whether hosts accept the secret, by what is heard. A host does not answer a request with a wrong secret, so
 * silence says nothing.
 */
export function judgeSecret(
  { heard }: Probe,
  environment: Pick<Environment, 'road' | 'collective' | 'identity'>,
  where: string,
): Finding {
  const kind = kindOfSecret(environment)
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
