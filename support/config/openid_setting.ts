import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { allowKnownKeys } from './known_keys'
import { secret, type SecretReader } from './secrets'
import type { YamlPlaces } from './yaml_file'

const ISSUER = 'the address of the provider, such as https://login.example.org, without a question mark'
const CLIENT = 'the name under which the provider knows this console'
const CLAIM = 'the name of a claim, such as sub, preferred_username or email'
const SCOPE = 'the name of a scope, such as groups'
/** A claim that says when or for whom a token is: it names no person. */
const NO_NAMES = new Set(['iss', 'aud', 'exp', 'iat', 'nbf', 'nonce', 'azp', 'acr', 'amr', 'auth_time'])

const claim = v.pipe(
  v.string(CLAIM),
  v.regex(/^[\w.:/-]{1,200}$/, CLAIM),
  v.check((name) => !NO_NAMES.has(name), CLAIM),
)

/** The schema of `console.openid`: the provider at which people log in. */
export const openidSetting = allowKnownKeys({
  issuer: v.pipe(
    v.string(ISSUER),
    v.check((text) => isIssuer(text), ISSUER),
  ),
  client: v.pipe(v.string(CLIENT), v.regex(/^[\x20-\x7e]{1,200}$/, CLIENT)),
  secret,
  name: v.optional(claim, 'sub'),
  groups: v.optional(claim),
  scopes: v.optional(
    v.array(v.pipe(v.string(SCOPE), v.regex(/^[!#-[\]-~]{1,100}$/, SCOPE)), `a list: each ${SCOPE}`),
    [],
  ),
})

/** The OpenID provider at which people log in. */
export interface OpenIdSettings {
  /** Its address, as it names itself. */
  issuer: string
  /** The name and the secret of this console there. */
  client: string
  secret: string
  /** The claim that is the name of a person. */
  name: string
  /** The claim that has their groups; undefined where they have none. */
  groups: string | undefined
  /** The scopes that are asked for, `openid` among them. */
  scopes: readonly string[]
}

/**
 * Returns the provider with the secret of this console.
 * @throws LockstepError `bad-config` where the secret would travel unencrypted, is missing, or others can read it
 */
export function resolveOpenid(
  written: v.InferOutput<typeof openidSetting>,
  places: YamlPlaces,
  secrets: SecretReader,
): OpenIdSettings {
  const { issuer, client, secret: from, name, groups, scopes } = written
  const where = (key: string) => places.where(['console', 'openid', key])
  expectEncrypted(written, places)
  if (typeof from !== 'string' && 'file' in from)
    expectOwn(resolve(dirname(places.path), from.file), where('secret'))
  const read = secrets.read(from, 'secret of the OpenID client', ['console', 'openid', 'secret'])
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(read))
    throw new LockstepError(
      'bad-config',
      `${where('secret')}: the secret of the OpenID client has characters that no secret has, such as a second line, or a space at its end; copy it again`,
    )
  const needed = [
    'openid',
    ...(SCOPES_OF[name] ?? []),
    ...(groups === undefined ? [] : (SCOPES_OF[groups] ?? [])),
  ]
  return { issuer, client, secret: read, name, groups, scopes: [...new Set([...needed, ...scopes])] }
}

/** @throws LockstepError `bad-config` where the secret would travel unencrypted */
export function expectEncrypted({ issuer }: { issuer: string }, places: YamlPlaces): void {
  const { protocol, hostname } = new URL(issuer)
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return
  throw new LockstepError(
    'bad-config',
    `${places.where(['console', 'openid', 'issuer'])}: the secret and the answers of the provider would go unencrypted; expected https`,
  )
}

/** The scopes in which OpenID has a claim; of others, only the provider knows. */
const SCOPES_OF: Readonly<Record<string, readonly string[]>> = {
  preferred_username: ['profile'],
  nickname: ['profile'],
  email: ['email'],
}

/** @throws LockstepError `bad-config` where others than the owner may read or write the file */
function expectOwn(file: string, where: string): void {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isFile() || (stats.mode & 0o077) === 0) return
  throw new LockstepError(
    'bad-config',
    `${where}: others than its owner may read or write ${file}, and it has the secret of the OpenID client; say: chmod 600 ${file}`,
  )
}

function isIssuer(text: string): boolean {
  if (!/^https?:\/\/[!-~]{1,500}$/.test(text) || !URL.canParse(text)) return false
  const { search, hash, username, password, pathname } = new URL(text)
  const hasMore = search !== '' || hash !== '' || /[?#]/.test(text)
  return !hasMore && username === '' && password === '' && !pathname.includes('/.well-known/')
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/
