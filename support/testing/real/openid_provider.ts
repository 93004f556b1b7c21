import { once } from 'node:events'
import http from 'node:http'
import { Provider } from 'oidc-provider'

/** A real OpenID provider on loopback, that can be stopped and started. Any password is right there. */
export class RunningProvider {
  readonly issuer: string
  private readonly provider: Provider
  private server: http.Server | undefined

  constructor(
    private readonly port: number,
    client: { id: string; secret: string; returnTo: readonly string[] },
    /** Returns the claims of an account. */
    claimsOf: (account: string) => Record<string, unknown>,
  ) {
    this.issuer = `http://127.0.0.1:${port}`
    this.provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          redirect_uris: [...client.returnTo],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
      scopes: ['openid', 'profile', 'groups'],
      pkce: { required: () => true },
      cookies: { keys: ['a key of this provider'] },
      findAccount: (_context, accountId) => ({
        accountId,
        claims: () => Promise.resolve({ sub: accountId, ...claimsOf(accountId) }),
      }),
    })
  }

  async start(): Promise<void> {
    const answer = this.provider.callback()
    const server = http.createServer((request, response) => void answer(request, response))
    server.listen(this.port, '127.0.0.1')
    await once(server, 'listening')
    this.server = server
  }

  async stop(): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
}
