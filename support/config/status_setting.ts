import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { allowKnownKeys } from './known_keys'
import { secret, type SecretSetting } from './secrets'

const OWNER_AND_NAME = 'the owner and the name of the repository there, such as acme/website'
const PROJECT = 'the whole path of the project there, such as acme/web/website'
const API = 'where its API is, such as https://git.example.net/api/v1'
const CONTEXT = 'a name of up to 100 letters, digits, spaces, /, ., - and _'

const ADDRESS = /^https?:\/\/[^\s/?#@\p{Cc}]+(?:\/[^\s?#\p{Cc}]*)?$/u
const api = v.pipe(
  v.string(API),
  v.rawCheck(({ dataset: { value }, addIssue }) => {
    // An address with a password is refused, and the password is repeated nowhere.
    if (typeof value === 'string' && !(ADDRESS.test(value) && URL.canParse(value)))
      addIssue({ received: 'another text', message: API })
  }),
)
const common = {
  token: secret,
  ca: v.optional(v.pipe(v.string('a path'), v.minLength(1, 'a path'))),
  context: v.optional(v.pipe(v.string(CONTEXT), v.regex(/^[\w./ -]{1,100}$/, CONTEXT)), 'lockstep'),
}
const named = v.pipe(
  v.string(OWNER_AND_NAME),
  v.regex(/^[\w.-]+\/[\w.-]+$/, OWNER_AND_NAME),
  v.check((name) => !hasDots(name), OWNER_AND_NAME),
)
const project = v.pipe(
  v.string(PROJECT),
  v.regex(/^[\w.-]+(?:\/[\w.-]+)+$/, PROJECT),
  v.check((path) => !hasDots(path), PROJECT),
)

/** The schema of `status` of a repository: where the results of its tests are shown beside its commits. */
export const statusSetting = allowKnownKeys({
  github: v.optional(
    allowKnownKeys({ repository: named, api: v.optional(api, 'https://api.github.com'), ...common }),
  ),
  gitlab: v.optional(
    allowKnownKeys({ project, api: v.optional(api, 'https://gitlab.com/api/v4'), ...common }),
  ),
  gitea: v.optional(allowKnownKeys({ repository: named, api, ...common })),
})

/** A server that shows the results of tests beside the commits of a repository. */
export interface StatusSettings {
  kind: 'github' | 'gitlab' | 'gitea'
  /** The address of its API, without a slash at its end. */
  api: string
  /** The repository as that server names it. */
  repository: string
  token: string
  /** The name under which results stand there: another one beside it is somebody else's. */
  context: string
  /** The PEM of the authorities that are trusted instead of the system's; absent for those. */
  ca?: string
}

/**
 * Returns where results are shown, with the token that `read`, and the authorities that `readCa` has found.
 * @throws LockstepError `bad-config` where no one server is named, the token would travel unencrypted, or is none
 */
export function resolveStatus(
  written: v.InferOutput<typeof statusSetting>,
  where: (...below: string[]) => string,
  read: (from: SecretSetting, what: string, ...keys: string[]) => string,
  readCa: (file: string, ...keys: string[]) => string,
): StatusSettings {
  const servers = serversIn(written)
  const [server] = servers
  if (server === undefined || servers.length > 1)
    throw new LockstepError(
      'bad-config',
      `${where()}: status names ${servers.length} servers; expected one of: github, gitlab, gitea`,
    )
  const [kind, settings] = server
  const api = settings.api.replace(/\/+$/, '')
  const { protocol, hostname } = new URL(api)
  if (protocol !== 'https:' && !LOOPBACK.test(hostname))
    throw new LockstepError(
      'bad-config',
      `${where(kind, 'api')}: the token of ${kind} would go there unencrypted; expected https`,
    )
  const token = read(settings.token, `token of ${kind}`, kind, 'token')
  if (!/^[!-~]+$/.test(token))
    throw new LockstepError(
      'bad-config',
      `${where(kind, 'token')}: the token of ${kind} has characters that no token has, such as a space or a second line; copy it again`,
    )
  const repository = 'project' in settings ? settings.project : settings.repository
  const ca = settings.ca === undefined ? {} : { ca: readCa(settings.ca, kind, 'ca') }
  return { kind, api, repository, token, context: settings.context, ...ca }
}

function serversIn(written: v.InferOutput<typeof statusSetting>) {
  const { github, gitlab, gitea } = written
  return [
    ...(github === undefined ? [] : [['github', github] as const]),
    ...(gitlab === undefined ? [] : [['gitlab', gitlab] as const]),
    ...(gitea === undefined ? [] : [['gitea', gitea] as const]),
  ]
}

function hasDots(path: string): boolean {
  return path.split('/').some((part) => part === '.' || part === '..')
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/
