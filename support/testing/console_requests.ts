import type { Person } from '../people/person'
import type { ConsoleRequest, ConsoleRoute } from '../console/route'

/** A person who asks, and what they may look at. */
export interface Asking {
  person?: Person
  mayLook?: (environment: string) => boolean
  signal?: AbortSignal
  headers?: Readonly<Record<string, string>>
}

export const ANN: Person = { name: 'ann', groups: [] }

/** Answers a path by the first route that fits, as the guard of the console does for a person who is logged in. */
export async function ask(
  routes: readonly ConsoleRoute[],
  path: string,
  { person = ANN, mayLook = () => true, signal, headers = {} }: Asking = {},
): Promise<Response> {
  const url = new URL(path, 'http://console.example.net')
  for (const route of routes) {
    const pattern = new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`)
    const found = pattern.exec(url.pathname)
    if (found === null) continue
    const request: ConsoleRequest = {
      person,
      may: (act, environment) => act === 'look' && mayLook(environment),
      url,
      param: (name) => decodeURIComponent(found.groups?.[name] ?? ''),
      header: (name) => headers[name.toLowerCase()],
      signal: signal ?? new AbortController().signal,
    }
    return route.answer(request)
  }
  return new Response('', { status: 404 })
}
