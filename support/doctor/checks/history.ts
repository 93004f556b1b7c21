import { resolve } from 'node:path'
import { howToMend } from '../../history/recording'
import { openHistory } from '../../history/open_history'
import { configPath } from '../../run/parameters'
import { fail, ok, type Check } from '../check'

/** Looks whether the history can be read, which gates and drift depend on. */
export const history: Check = {
  name: 'history',
  limitMs: 70_000,
  async look({ context, cwd }) {
    const { env, folders } = context
    const [state, history] = [resolve(cwd, folders.state), resolve(cwd, folders.history)]
    const known = await openHistory({ config: configPath(context, cwd), env, folders: { state, history } })
    if (known.notKnown !== undefined) return [fail(known.notKnown)]
    const [fault] = known.faults
    if (fault !== undefined) return [fail(fault)]
    const { runs, damaged } = known.all()
    if (damaged.length > 0)
      return damaged.map((path) => fail(`${path} is no history that can be read`, howToMend(path)))
    return [ok(runs.length === 0 ? 'no run is in it yet' : `all ${runs.length} runs in it can be read`)]
  },
}
