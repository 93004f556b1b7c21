import type { ProxySettings } from '../config/console_setting'

/** The facts of a request that decide, before anybody knows who sent it, that it is refused. */
export interface Asked {
  method: string
  /** The address as the request has it; hostile text. */
  url: string
  header: (name: string) => string | undefined
  /** The address that the connection comes from; undefined where it is gone. */
  peer: string | undefined
}

/** The means of a console that decide the same. */
export interface Guarded {
  origins: readonly string[]
  proxy: ProxySettings | undefined
}

/** A refusal in a sentence, which has nothing of the request in it. */
export interface Refusal {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 414 | 415 | 421 | 422 | 429 | 502 | 503
  why: string
}

/** The path to which an OpenID provider sends browsers back. */
export const OPENID_ANSWER = '/login/openid/answer'
/** Bytes of the longest form. */
export const MAX_FORM_BYTES = 16 * 1024
export const MAX_URL = 2_048
/** An address with the code of an OpenID provider; some codes have thousands of characters. */
const MAX_ANSWER_URL = 8_192

/** The refusals, in the order in which they are looked at. A request that none of them refuses goes on to its session. */
const REFUSALS: readonly ((asked: Asked, by: Guarded) => Refusal | undefined)[] = [
  // No one but the proxy may say who somebody is, or where they come from.
  ({ peer }, { proxy }) =>
    proxy !== undefined && !proxy.from.includes(peer ?? '')
      ? { status: 403, why: 'pages are there through the proxy alone' }
      : undefined,
  ({ header }, { proxy }) =>
    proxy?.user !== undefined && header(proxy.user) === undefined
      ? { status: 403, why: 'the proxy names no person' }
      : undefined,
  // A name that somebody else has pointed here would make their page one of this origin: DNS rebinding.
  (asked, by) => (isOwnHost(asked, by) ? undefined : { status: 421, why: 'this is no name of the console' }),
  ({ method }) =>
    ['GET', 'HEAD', 'POST'].includes(method)
      ? undefined
      : { status: 405, why: 'this method is not for pages; GET, HEAD and POST are' },
  ({ url }) =>
    url.length > (isAnswer(url) ? MAX_ANSWER_URL : MAX_URL)
      ? { status: 414, why: 'the address is too long' }
      : undefined,
  // Browsers say what a request is for. A page elsewhere may link here, and do nothing else.
  ({ header }) =>
    isEmbedded(header) ? { status: 403, why: 'a page of another site asks for this' } : undefined,
  ({ method, header }, by) =>
    method === 'POST' && !isOwnOrigin(header('origin'), by)
      ? { status: 403, why: 'the form comes from a page of another origin, or of none' }
      : undefined,
  ({ method, header }) =>
    method === 'POST' && !/^application\/x-www-form-urlencoded(?:;|$)/i.test(header('content-type') ?? '')
      ? { status: 415, why: 'only forms of the console can be sent' }
      : undefined,
  ({ method, header }) =>
    method === 'POST' && Number(header('content-length') ?? 0) > MAX_FORM_BYTES ? TOO_LONG : undefined,
]

const TOO_LONG: Refusal = { status: 413, why: `the form is longer than ${MAX_FORM_BYTES} bytes` }

/** Returns why a request is refused; undefined where nothing is wrong with it. */
export function judgeRequest(asked: Asked, by: Guarded): Refusal | undefined {
  for (const judge of REFUSALS) {
    const refusal = judge(asked, by)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** Reads the fields of a form, within a bound. A form that is cut off has none. */
export async function readForm({ body }: Pick<Request, 'body'>): Promise<URLSearchParams | Refusal> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.length
      if (bytes > MAX_FORM_BYTES) return TOO_LONG
      chunks.push(chunk)
    }
  } catch {
    return { status: 400, why: 'the form is cut off' }
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

/** The headers of every answer. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With no-referrer, browsers send forms with the origin null, and none of them could be believed.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Returns the origin by which a request knows the console; undefined where it is none of its own. */
export function originOf({ header }: Pick<Asked, 'header'>, { origins }: Guarded): string | undefined {
  const host = header('host') ?? ''
  return origins.find((origin) => isHostOf(host, [origin]))
}

/** Returns the address of a person's machine: what the proxy says last, where one is configured. */
export function addressOf({ peer, header }: Asked, { proxy }: Guarded): string {
  const own = peer ?? 'unknown'
  if (proxy === undefined) return own
  const said = (header('x-forwarded-for') ?? '').split(',').map((each) => plainAddress(each.trim()))
  const last = said.findLast((each) => !proxy.from.includes(each)) ?? ''
  return /^[0-9a-fA-F:.]{2,45}$/.test(last) ? last : own
}

/** Returns an address of IPv4 as it is usually written, also where a socket of IPv6 has taken it. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

export function isOwnHost({ url, header }: Asked, { origins }: Guarded): boolean {
  const host = header('host')
  if (host === undefined || !URL.canParse(url)) return false
  // A request can name a host in its first line too, and that one counts for its address.
  return isHostOf(host, origins) && isHostOf(new URL(url).host, origins)
}

function isHostOf(host: string, origins: readonly string[]): boolean {
  return (
    /^[\w.:[\]-]{1,255}$/.test(host) &&
    origins.some((origin) => {
      const own = new URL(origin)
      const asked = `${own.protocol}//${host}`
      return URL.canParse(asked) && new URL(asked).host === own.host
    })
  )
}

function isOwnOrigin(origin: string | undefined, { origins }: Guarded): boolean {
  return origin !== undefined && origins.includes(origin)
}

function isAnswer(url: string): boolean {
  return URL.canParse(url) && new URL(url).pathname === OPENID_ANSWER
}

/** Returns whether a page of another origin has led the browser here; false for a browser that does not say it. */
export function isLinkedFromElsewhere(header: Asked['header']): boolean {
  const site = header('sec-fetch-site')
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

function isEmbedded(header: Asked['header']): boolean {
  if (!isLinkedFromElsewhere(header)) return false
  return header('sec-fetch-mode') !== 'navigate' || (header('sec-fetch-dest') ?? 'document') !== 'document'
}
