import { join } from 'node:path'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { StatusSettings } from '../config/status_setting'
import { post } from '../notifications/post'
import { repositoryOf } from '../pipeline/format_event'
import { waitForPlace } from '../pipeline/place_file'
import { statusOf } from '../statuses/commit_status'
import { StatusTeller } from '../statuses/status_teller'
import type { Part, PartContext } from './part'
import { tellEvents } from './tell_events'

/**
 * Returns the parts that show how the tests of commits went where their repositories are: one for each, so that none waits
 * for another.
 */
export function statusParts(repositories: readonly RepositorySettings[]): readonly Part[] {
  return repositories.flatMap(({ name, status }) =>
    status === undefined
      ? []
      : [{ name: `statuses of ${name}`, run: (context: PartContext) => tellStatuses(name, status, context) }],
  )
}

async function tellStatuses(
  repository: string,
  settings: StatusSettings,
  context: PartContext,
): Promise<void> {
  const { state, pipeline, clock, log, redact, signal } = context
  const path = join(state, 'pipeline', 'statuses', `${repository}.json`)
  let said: string | undefined
  const onTrouble = (sentence: string) => {
    // Pauses grow, and the reason stays the same.
    const reason = sentence.replace(/; it is told again in .*/, '')
    if (reason !== said) log.warn(redact(sentence))
    said = reason
  }
  const from = await waitForPlace(path, () => pipeline.end, onTrouble, { clock, signal })
  if (from === undefined) return
  const teller = new StatusTeller({
    settings,
    clock,
    async post(request, until) {
      // One that was taken over from would show an old result over a later one.
      pipeline.expectOwned()
      return post({ ...request, ca: settings.ca, redact }, until)
    },
    onTrouble,
  })
  await tellEvents(context, {
    path,
    from,
    async publish({ event }, until) {
      if (repositoryOf(event, pipeline.state) !== repository) return
      const status = statusOf(event, pipeline.state)
      if (status === undefined) return
      await teller.tell({ ...status, description: redact(status.description) }, until)
      until.throwIfAborted()
      said = undefined
    },
    onTrouble,
  })
}
