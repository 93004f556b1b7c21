import { resolve } from 'node:path'
import { howToMend } from '../../history/recording'
import { HistoryStore } from '../../history/store'
import { fail, ok, type Check } from '../check'

/** Looks whether the history can be read, which gates and drift depend on. */
export const history: Check = {
  name: 'history',
  limitMs: 10_000,
  look({ context: { folders }, cwd }) {
    const { runs, damaged } = new HistoryStore(resolve(cwd, folders.history)).all()
    if (damaged.length > 0)
      return damaged.map((path) => fail(`${path} is no history that can be read`, howToMend(path)))
    return [ok(runs.length === 0 ? 'no run is in it yet' : `all ${runs.length} runs in it can be read`)]
  },
}
