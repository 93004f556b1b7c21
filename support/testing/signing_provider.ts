import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import type { CustomFetch } from 'openid-client'
import type { OpenIdSettings } from '../config/openid_setting'

const ISSUER = 'https://login.example.org'

/** What a console is told of the signing provider. */
export const OPENID: OpenIdSettings = {
  issuer: ISSUER,
  client: 'lockstep',
  secret: 'the secret of the client',
  name: 'preferred_username',
  groups: 'groups',
  scopes: ['openid', 'profile'],
}

/** A code with what the provider remembers of it. */
interface Given {
  nonce: string
  challenge: string
  returnTo: string
}

/** An OpenID provider that signs what a test says, right or wrong. It answers requests without any network. */
export class SigningProvider {
  /** The claims of the person who logs in. */
  claims: Record<string, unknown> = { preferred_username: 'anna', groups: ['web'] }
  /** What is said where the id token has no place for it; undefined for a provider that says no more. */
  more: Record<string, unknown> | undefined
  /** Claims that replace those of a right id token. */
  wrong: Record<string, unknown> = {}
  /** Metadata that replace the right ones. */
  metadata: Record<string, unknown> = {}
  /** The key that it signs with in place of its own. */
  signsWith: KeyObject | undefined
  /** The algorithm that its tokens name. */
  algorithm = 'ES256'
  /** What every request fails with; undefined while it answers. */
  failsWith: Error | undefined
  /** The answer to a code, in place of tokens. */
  tokenError: { status: number; body: unknown } | undefined
  /** The paths that were asked for. */
  readonly asked: string[] = []
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  private readonly codes = new Map<string, Given>()

  readonly send: CustomFetch = (url, { headers, body }) => {
    const path = new URL(url).pathname
    this.asked.push(path)
    if (this.failsWith !== undefined) return Promise.reject(this.failsWith)
    const answer = this.answer(path, headers, new URLSearchParams(body as URLSearchParams))
    return Promise.resolve(Response.json(answer.body, { status: answer.status }))
  }

  /** Logs the person in at the address that a console leads to. Returns the path and query that the browser comes back to. */
  logIn(to: string, changes: Record<string, string | undefined> = {}): string {
    const asked = new URL(to).searchParams
    const code = randomUUID()
    const returnTo = asked.get('redirect_uri') ?? ''
    this.codes.set(code, {
      nonce: asked.get('nonce') ?? '',
      challenge: asked.get('code_challenge') ?? '',
      returnTo,
    })
    const fields = { code, state: asked.get('state') ?? '', iss: ISSUER, ...changes }
    const sent = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    )
    return `${new URL(returnTo).pathname}?${new URLSearchParams(sent).toString()}`
  }

  private answer(path: string, headers: Record<string, string>, form: URLSearchParams) {
    if (path === '/.well-known/openid-configuration') return { status: 200, body: this.published() }
    if (path === '/keys')
      return {
        status: 200,
        body: { keys: [{ ...this.keys.publicKey.export({ format: 'jwk' }), use: 'sig' }] },
      }
    if (path === '/me' && headers['authorization'] === 'Bearer access')
      return { status: 200, body: this.more ?? {} }
    if (path === '/token') return this.tokenError ?? this.exchange(headers, form)
    return { status: 404, body: {} }
  }

  private published(): Record<string, unknown> {
    return {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/auth`,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/keys`,
      ...(this.more === undefined ? {} : { userinfo_endpoint: `${ISSUER}/me` }),
      id_token_signing_alg_values_supported: ['ES256'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      ...this.metadata,
    }
  }

  private exchange(headers: Record<string, string>, form: URLSearchParams) {
    const proof = `Basic ${Buffer.from(`${OPENID.client}:${encodeURIComponent(OPENID.secret).replaceAll('%20', '+')}`).toString('base64')}`
    if (headers['authorization'] !== proof) return { status: 401, body: { error: 'invalid_client' } }
    const code = form.get('code') ?? ''
    const given = this.codes.get(code)
    this.codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (given?.challenge !== challenge || given.returnTo !== form.get('redirect_uri'))
      return { status: 400, body: { error: 'invalid_grant', error_description: '<b>hostile</b>' } }
    return {
      status: 200,
      body: { access_token: 'access', token_type: 'bearer', id_token: this.token(given.nonce) },
    }
  }

  private token(nonce: string): string {
    const now = Math.floor(Date.now() / 1_000)
    const claims = {
      iss: ISSUER,
      aud: OPENID.client,
      sub: 'u-1',
      iat: now,
      exp: now + 300,
      nonce,
      ...this.claims,
      ...this.wrong,
    }
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${part({ alg: this.algorithm, typ: 'JWT' })}.${part(claims)}`
    if (this.algorithm === 'none') return `${signed}.`
    const key = this.signsWith ?? this.keys.privateKey
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
    return `${signed}.${signature.toString('base64url')}`
  }
}
