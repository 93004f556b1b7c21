import { createHash } from 'node:crypto'
import * as openid from 'openid-client'
import type { OpenIdSettings } from '../config/openid_setting'
import type { Person } from '../people/person'
import type { Clock } from '../system/clock'
import { boundAnswers } from './bound_answers'
import { isLackingClaims, personIn, type Claims } from './claims'
import { explainDiscovery, explainFailure, ProviderError } from './explain_failure'
import { isFault, type LoginFault } from './login_fault'
import { proofsOf } from './proofs'

/** Seconds for each request to the provider. */
const WITHIN_S = 10
/** Seconds by which the clock of the provider may differ. */
const CLOCK_TOLERANCE_S = 60
/** Milliseconds for which its metadata are believed. */
const METADATA_MS = 3_600_000
/** Milliseconds for which a provider that is away is not asked again. */
const AWAY_MS = 5_000
/** The most logins that are finished at a time. */
const MAX_AT_A_TIME = 32

/** Where people log in instead of here. */
export interface OpenIdLogins {
  /** The name of the provider's host, for the page of the login. */
  readonly host: string
  /** A text that changes with what the provider is asked: a session of another one is over. */
  readonly stamp: string
  /** Resolves with the address at the provider at which a login goes on. `secret` is that of the browser. */
  begin(returnTo: string, secret: string): Promise<URL | LoginFault>
  /** Resolves with the person of a browser that came back. `answer` is the address that it came to. */
  finish(answer: URL, secret: string): Promise<Person | LoginFault>
}

interface Known {
  config: openid.Configuration
  since: number
}

/** An OpenID provider, asked by the authorization code with PKCE. It is first asked for a login, and not at the start. */
export class OpenIdProvider implements OpenIdLogins {
  readonly host: string
  readonly stamp: string
  private known: Known | undefined
  private asking: Promise<Known> | undefined
  private away: { fault: LoginFault; since: number } | undefined
  private running = 0
  private readonly send: openid.CustomFetch

  constructor(
    private readonly settings: OpenIdSettings,
    private readonly clock: Pick<Clock, 'elapsed'>,
    /** Sends a request; the one of Node, but for tests. */
    send: openid.CustomFetch = (url, { body, ...init }) => fetch(url, { ...init, body: body ?? null }),
  ) {
    this.send = boundAnswers(send)
    const { issuer, client, name, groups } = settings
    this.host = new URL(issuer).host
    this.stamp = createHash('sha256')
      .update(JSON.stringify(['openid', issuer, client, name, groups ?? null]))
      .digest('base64url')
  }

  async begin(returnTo: string, secret: string): Promise<URL | LoginFault> {
    const config = await this.discover()
    if (isFault(config)) return config
    const { state, nonce, verifier } = proofsOf(secret)
    return openid.buildAuthorizationUrl(config, {
      redirect_uri: returnTo,
      scope: this.settings.scopes.join(' '),
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
  }

  async finish(answer: URL, secret: string): Promise<Person | LoginFault> {
    if (this.running >= MAX_AT_A_TIME)
      return {
        status: 503,
        why: 'too many people log in at this moment',
        detail: 'too many logins at a time',
      }
    this.running += 1
    try {
      const config = await this.discover()
      return isFault(config) ? config : await this.exchange(config, answer, secret)
    } finally {
      this.running -= 1
    }
  }

  private async exchange(
    config: openid.Configuration,
    answer: URL,
    secret: string,
  ): Promise<Person | LoginFault> {
    const { state, nonce, verifier } = proofsOf(secret)
    try {
      const tokens = await openid.authorizationCodeGrant(config, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      const claims: Claims | undefined = tokens.claims()
      const subject = claims?.['sub']
      if (claims === undefined || typeof subject !== 'string')
        return { status: 502, why: 'the provider does not say who this is', detail: 'no id token' }
      return personIn(claims, await this.askMore(config, tokens.access_token, claims, subject), this.settings)
    } catch (error) {
      return explainFailure(error)
    }
  }

  /** Asks what the id token leaves out, if the provider can say it. */
  private async askMore(
    config: openid.Configuration,
    token: string,
    claims: Claims,
    subject: string,
  ): Promise<Claims> {
    const canSay = config.serverMetadata().userinfo_endpoint !== undefined
    if (!canSay || !isLackingClaims(claims, this.settings)) return {}
    return openid.fetchUserInfo(config, token, subject)
  }

  /** Returns what is known of the provider, or asks it: once for all who wait. */
  private async discover(): Promise<openid.Configuration | LoginFault> {
    const now = this.clock.elapsed()
    if (this.known !== undefined && now - this.known.since < METADATA_MS) return this.known.config
    if (this.away !== undefined && now - this.away.since < AWAY_MS) return this.away.fault
    this.asking ??= this.ask().finally(() => (this.asking = undefined))
    try {
      this.known = await this.asking
      this.away = undefined
      return this.known.config
    } catch (error) {
      const fault = explainDiscovery(error)
      this.away = { fault, since: this.clock.elapsed() }
      return fault
    }
  }

  private async ask(): Promise<Known> {
    const { issuer, client, secret } = this.settings
    const isPlain = new URL(issuer).protocol === 'http:'
    const since = this.clock.elapsed()
    const found = await openid.discovery(new URL(issuer), client, undefined, undefined, {
      timeout: WITHIN_S,
      [openid.customFetch]: this.send,
      execute: isPlain ? [openid.allowInsecureRequests] : [],
    })
    const metadata = found.serverMetadata()
    expectOwn(metadata, issuer)
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const proof = methods.includes('client_secret_basic')
      ? openid.ClientSecretBasic(secret)
      : openid.ClientSecretPost(secret)
    const config = new openid.Configuration(
      metadata,
      client,
      { client_secret: secret, [openid.clockTolerance]: CLOCK_TOLERANCE_S },
      proof,
    )
    config[openid.customFetch] = this.send
    config.timeout = WITHIN_S
    if (isPlain) openid.allowInsecureRequests(config)
    // Without it, the library trusts the connection to the provider in place of the signature.
    openid.enableNonRepudiationChecks(config)
    return { config, since }
  }
}

/** @throws ProviderError where metadata are of another provider, or lead where nothing is encrypted */
function expectOwn(metadata: openid.ServerMetadata, issuer: string): void {
  if (new URL(metadata.issuer).href !== new URL(issuer).href)
    throw new ProviderError('the metadata name another issuer than the configured one')
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = metadata
  if (authorization_endpoint === undefined || token_endpoint === undefined || jwks_uri === undefined)
    throw new ProviderError('the metadata lack the address of the login, of tokens or of keys')
  for (const address of [authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint])
    if (address !== undefined && !isEncrypted(address, issuer))
      throw new ProviderError('the metadata have an address without https')
}

/** Returns whether an address of the metadata leads where it is encrypted; it is hostile, and may be no text. */
function isEncrypted(address: unknown, issuer: string): boolean {
  if (typeof address !== 'string' || !URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  // The settings allow http for an issuer on this machine alone.
  const own = new URL(issuer)
  return (
    protocol === 'https:' || (own.protocol === 'http:' && protocol === 'http:' && hostname === own.hostname)
  )
}
