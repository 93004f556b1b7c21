import { LookFiles } from '../looks/look_files'
import { Looks, type LookCommands } from '../looks/looks'
import type { Part } from './part'

/** Knows what people have asked hosts, in the process that serves, and nowhere else. */
export class LookDesk {
  private open: Looks | undefined

  constructor(private readonly commands: LookCommands) {}

  /** The looks; undefined while this process does not serve. */
  get looks(): Looks | undefined {
    return this.open
  }

  /** The part that takes questions to hosts. */
  get part(): Part {
    return {
      name: 'looks',
      run: async ({ state, clock, signal }) => {
        const looks = new Looks(new LookFiles(state), this.commands, clock)
        this.open = looks
        try {
          await looks.work(signal)
        } finally {
          this.open = undefined
        }
      },
    }
  }
}
