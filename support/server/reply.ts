/** The answer to a request: one JSON object. */
export interface Reply {
  status: 200 | 202 | 400 | 403 | 404 | 405 | 413 | 422 | 500 | 503
  body: object
  /** The path under which more is told. */
  location?: string
  /** Seconds after which the sender may come again. */
  retryAfterS?: number
}

/** Returns a reply as the web has it. No cache keeps it, and no browser takes it for a page. */
export function formatReply({ status, body, location, retryAfterS }: Reply): Response {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(location === undefined ? {} : { location }),
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
  }
  return new Response(`${JSON.stringify(body)}\n`, { status, headers })
}
