import type { HistoryPlaces } from '../history/open_history'
import { configPath, type RunSurroundings } from '../run/parameters'

/** Returns the places of the history of a run. */
export function historyPlaces(context: RunSurroundings): HistoryPlaces {
  return { config: configPath(context, process.cwd()), env: context.env, folders: context.folders }
}
