import { LockstepError } from '../system/errors'
import type { BuildSettings } from './build_setting'

/** A shorter secret could be found by trying. */
const MIN_SECRET = 16

/** A repository, by what proves something about it. */
interface Provable {
  name: string
  triggers: readonly {
    kind: string
    secret?: string
    token?: string | undefined
    signingKey?: string | undefined
  }[]
  build: BuildSettings | undefined
}

/**
 * Refuses a secret of reports that proves anything else too: those who may tell of a push, or report on another
 * repository, may not say that tests have passed.
 * @throws LockstepError `bad-config`
 */
export function expectOwnSecrets(
  repositories: readonly Provable[],
  where: (repository: string) => string,
): void {
  const refuse = (name: string, what: string) =>
    new LockstepError('bad-config', `${where(name)}: the secret of reports ${what}`)
  for (const { name, build } of repositories) {
    if (build?.kind !== 'reports') continue
    const { secret } = build
    if (secret.length < MIN_SECRET)
      throw refuse(
        name,
        `is too short; expected ${MIN_SECRET} characters or more, as openssl rand -hex 32 gives`,
      )
    const [other] = repositories.flatMap((each) => usesOf(secret, each, name))
    if (other !== undefined)
      throw refuse(name, `is also that of ${other}; expected one that signs these reports and nothing else`)
  }
}

/** Returns the uses of a secret in a repository, beside that of the reports of `own`. */
function usesOf(secret: string, { name, triggers, build }: Provable, own: string): string[] {
  const isReport = name !== own && build?.kind === 'reports' && build.secret === secret
  const used = triggers.filter((each) => [each.secret, each.token, each.signingKey].includes(secret))
  return [
    ...(isReport ? [`the reports of ${name}`] : []),
    ...used.map(({ kind }) => `the trigger ${kind} of ${name}`),
  ]
}
