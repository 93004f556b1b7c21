import * as v from 'valibot'
import type { PrometheusAccess } from '../analysis/prometheus'
import { LockstepError } from '../system/errors'
import { duration } from './duration_setting'
import { allowKnownKeys } from './known_keys'
import { secret, type SecretSetting } from './secrets'
import { readTlsFiles } from './tls_files'

const WHERE = 'where it is, such as http://prometheus.example.net:9090, without a password'
const path = v.pipe(v.string('a path'), v.minLength(1, 'a path'))

/** The schema of `prometheus`: the metrics that features name. */
export const prometheusSetting = allowKnownKeys({
  url: v.pipe(
    v.string(WHERE),
    v.rawCheck(({ dataset: { value }, addIssue }) => {
      // An address with a password is refused, and the password is repeated nowhere.
      if (
        typeof value === 'string' &&
        !(/^https?:\/\/[\w.:[\]-]+(?:\/[\w./~-]*)?$/.test(value) && URL.canParse(value))
      )
        addIssue({ received: 'another text', message: WHERE })
    }),
  ),
  ca: v.optional(path),
  user: v.optional(v.pipe(v.string('a name'), v.regex(/^[^\p{Cc}:]{1,100}$/u, 'a name without a colon'))),
  password: v.optional(secret),
  token: v.optional(secret),
  stale_after: v.optional(v.pipe(duration, v.minValue(1_000, 'a duration from 1 second')), '90 seconds'),
})

interface Reading {
  /** Returns `path:line` of a key. */
  where: (key: string) => string
  at: (relative: string) => string
  read: (from: SecretSetting, what: string, key: string) => string
}

/** Reads what `prometheus` names. @throws LockstepError `bad-config` */
export function resolvePrometheus(
  { url, ca, user, password, token, stale_after: staleAfterMs }: v.InferOutput<typeof prometheusSetting>,
  { where, at, read }: Reading,
): PrometheusAccess {
  if ((user === undefined) !== (password === undefined))
    throw new LockstepError('bad-config', `${where('user')}: expected user and password, or neither`)
  if (user !== undefined && token !== undefined)
    throw new LockstepError('bad-config', `${where('token')}: expected a token, or a user and password`)
  const files = { ca: ca === undefined ? undefined : [at(ca)], cert: undefined, key: undefined }
  const secrets: string[] = []
  const access = { url: url.replace(/\/$/, ''), staleAfterMs, secrets }
  const authorities = readTlsFiles(files, where('ca')).ca?.join('\n')
  if (token !== undefined) {
    const said = read(token, 'token of Prometheus', 'token')
    return {
      ...access,
      ca: authorities,
      authorization: headerOf(`Bearer ${said}`, where('token')),
      secrets: [said],
    }
  }
  if (user === undefined || password === undefined)
    return { ...access, ca: authorities, authorization: undefined }
  const said = read(password, 'password of Prometheus', 'password')
  const basic = Buffer.from(`${user}:${said}`, 'utf8').toString('base64')
  return { ...access, ca: authorities, authorization: `Basic ${basic}`, secrets: [said, basic] }
}

function headerOf(text: string, where: string): string {
  if (/^[\x20-\x7e]+$/.test(text)) return text
  throw new LockstepError(
    'bad-config',
    `${where}: the token of Prometheus has a sign that no header can have`,
  )
}
