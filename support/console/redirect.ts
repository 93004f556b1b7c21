/** Returns an answer that leads to a path of the console. */
export function redirect(status: 302 | 303, path: string): Response {
  return new Response(null, { status, headers: { location: path } })
}
