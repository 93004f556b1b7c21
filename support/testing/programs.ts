import type { CommandResult, CommandRunner } from '../system/command'

export type Said = Partial<Pick<CommandResult, 'exitCode' | 'stdout' | 'output' | 'failure'>>

/**
 * A host's programs, pretended: each command line answers with the first entry that it begins with, and is remembered.
 */
export class Programs {
  readonly ran: string[] = []

  constructor(private readonly known: Record<string, Said | ((line: string) => Said)>) {}

  readonly run: CommandRunner = async (program, args, { signal }) => {
    const line = [program, ...args].join(' ')
    this.ran.push(line)
    if (signal?.aborted === true) return { exitCode: undefined, stdout: '', output: '', failure: 'ended' }
    const found = Object.entries(this.known).find(([start]) => line.startsWith(start))?.[1]
    const said =
      typeof found === 'function' ? found(line) : (found ?? { exitCode: 127, output: `no ${line}` })
    const stdout = said.stdout ?? said.output ?? ''
    const output = said.output ?? stdout
    return { exitCode: said.exitCode ?? 0, stdout, output, failure: said.failure }
  }

  /** Returns the command lines that begin with `of`: those that do more than look. */
  changes(of: string): string[] {
    return this.ran.filter((line) => line.startsWith(of))
  }
}
