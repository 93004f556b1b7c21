import type { SettingName } from '../config/settings_table'

/** The text that a command prints, and the exit status of its process. */
export interface Outcome {
  text: string
  /** The text for the standard error. */
  complaint?: string
  exitCode: number
  /** True where code of a team may have run, which keeps no command from ending. */
  leavesSoon?: true
}

/** The program that the process of a command becomes. */
export interface Handover {
  program: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** True where the standard output is a document for programs, and nothing else. */
  json: boolean
  /** Called when the process ends, and may change its exit status. */
  onExit: () => void
}

/** One call of a command. The flags of settings are in `env` already. */
export interface Call<Options = Readonly<Record<string, OptionValue>>> {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** The arguments that are no options. */
  args: readonly string[]
  options: Options
}

/** A call that knows all commands, for a command that is about commands. */
export interface KnowingCall<Options = Readonly<Record<string, OptionValue>>> extends Call<Options> {
  commands: Readonly<Record<string, Command>>
}

type OptionValue = string | boolean | readonly string[] | undefined

/** The words by which a shell may complete a value. */
export type Completed = 'features' | 'runs' | 'environments' | 'files' | 'folders' | 'commands' | 'nothing'

export interface Argument {
  name: string
  help: string
  needed: boolean
  /** True for as many as a person likes. */
  many: boolean
  /** The only words that it may be. */
  only?: readonly string[]
  completed: Completed
}

export interface Option {
  help: string
  /** The value in a word, such as `folder`; an option without one is a switch. */
  takes?: string
  /** True where it may be given as often as needed. */
  many?: true
  only?: readonly string[]
  /** The value where it is left out, in words. */
  default?: string
  completed?: Completed
}

type ValueOf<O extends Option> = O extends { takes: string; many: true }
  ? readonly string[]
  : O extends { takes: string }
    ? string | undefined
    : boolean
type ValuesOf<Options extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Options]: ValueOf<Options[Name]>
}

/** The groups of `lockstep help`, in its order. */
export const GROUPS = {
  rollouts: 'From a feature to the fleet',
  afterwards: 'When it has stopped, and afterwards',
  pipeline: 'From a push to every host',
  hosts: 'On a host, and around it',
  project: 'A repository of deploys',
} as const

interface Declaration<Options extends Readonly<Record<string, Option>>> {
  group: keyof typeof GROUPS
  /** One line of `lockstep help`. */
  summary: string
  /** More that a person has to know, in sentences. */
  about?: string
  arguments?: readonly Argument[]
  options: Options
  /** The settings of a run that are flags of this command. */
  settings?: readonly SettingName[]
  /** Calls, without the name of the program, each with what it does. */
  examples: readonly (readonly [args: string, what: string])[]
  exits: Readonly<Record<number, string>>
  /** Loads the command only when it is called: a daemon does without the modules that rollouts need. */
  load: () => (call: KnowingCall<ValuesOf<Options>>) => Ended | Promise<Ended>
  /** Returns what a misspelt call comes to, where its exit status is not that of every other command. */
  onMisuse?: (why: string, words: readonly string[]) => Outcome
  /** True where the process becomes cucumber-js, whose outputs and exit status are its own. */
  becomesCucumber?: true
}

type Ended = Outcome | Handover

/** A command, declared once: its help, its completion, its manual and its documentation are made from this. */
export interface Command extends Omit<Declaration<Readonly<Record<string, Option>>>, 'load'> {
  run: (call: KnowingCall) => Ended | Promise<Ended>
}

/** Declares a command. The options are those that the loaded function takes, or it does not compile. */
export function declare<const Options extends Readonly<Record<string, Option>>>({
  load,
  ...rest
}: Declaration<Options>): Command {
  return { ...rest, run: (call) => load()(call as KnowingCall<ValuesOf<Options>>) }
}

/** The option of every command that people script. */
export const JSON_OPTION = { help: 'prints JSON for programs, as docs/json.md has it' } as const
