import type { BuildSettings } from '../config/build_setting'
import type { BuildRequest, BuildRequests } from './build_requests'
import type { PipelineLog } from './receive'

/**
 * Takes what people have asked for. A request goes only when it is in the journal. Returns a sentence for each that comes to
 * nothing.
 * @throws LockstepError `journal-failed`: what waits stays
 */
export async function takeRequests(
  requests: BuildRequests,
  log: PipelineLog,
  kindOf: (repository: string) => BuildSettings['kind'] | undefined,
): Promise<string[]> {
  const refused: string[] = []
  for (const { name, request } of requests.waiting()) {
    const why = request === undefined ? 'is no request for a build' : judge(request, log, kindOf)
    if (why !== undefined) refused.push(`${JSON.stringify(name)} ${why}`)
    // A kill may have left a request that was taken.
    else if (
      request !== undefined &&
      log.state.commit(request.repository, request.commit)?.isAskedFor === false
    )
      await log.append({ type: 'build asked for', ...request })
    requests.remove(name)
  }
  return refused
}

function judge(
  { repository, commit }: BuildRequest,
  log: PipelineLog,
  kindOf: (repository: string) => BuildSettings['kind'] | undefined,
): string | undefined {
  if (log.state.commit(repository, commit) === undefined) return 'is of a commit that was not pushed'
  const kind = kindOf(repository)
  if (kind === 'reports') return 'is of a repository whose tests another CI starts by itself'
  return kind === undefined ? 'is of a repository without ci' : undefined
}
