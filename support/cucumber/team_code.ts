import {
  setDefinitionFunctionWrapper,
  setWorldConstructor,
  supportCodeLibraryBuilder,
  World,
} from '@cucumber/cucumber'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { clean } from '../rollout/verdict'
import { LockstepError } from '../system/errors'
import { run } from './run'
import { LockstepWorld } from './world'

/** What cucumber keeps of support code while it is loaded; the order is the one in which it wraps hooks. */
const HOOKS = {
  afterTestCaseHookDefinitionConfigs: 'After',
  afterTestRunHookDefinitionConfigs: 'AfterAll',
  afterTestStepHookDefinitionConfigs: 'AfterStep',
  beforeTestCaseHookDefinitionConfigs: 'Before',
  beforeTestRunHookDefinitionConfigs: 'BeforeAll',
  beforeTestStepHookDefinitionConfigs: 'BeforeStep',
} as const

type HookKind = (typeof HOOKS)[keyof typeof HOOKS]
type Code = (this: unknown, ...args: unknown[]) => unknown
type WorldConstructor = new (options: ConstructorParameters<typeof World>[0]) => object

interface Hook {
  kind: HookKind
  code: unknown
  uri: string
  line: number
}

const builder = supportCodeLibraryBuilder as unknown as { World: WorldConstructor } & Record<
  keyof typeof HOOKS,
  readonly Hook[]
>
const wrapped = new Set<Hook>()
/** Lockstep's own hooks have words of their own for what goes wrong. */
const OWN = __dirname + sep

// A team's own World extends this one, and may have been set before this file was loaded.
if (builder.World === World) setWorldConstructor(LockstepWorld)

// Cucumber wraps all code once everything is loaded, and reads the World after that.
setDefinitionFunctionWrapper((code: Code) => {
  guardWorld()
  const hook = hookOf(code)
  return hook === undefined ? code : guarded(code, hook)
})

function hookOf(code: unknown): Hook | undefined {
  const all = Object.entries(HOOKS).flatMap(([name, kind]) =>
    builder[name as keyof typeof HOOKS].map((config) => ({ config, kind })),
  )
  const found = all.find(({ config }) => config.code === code && !wrapped.has(config))
  if (found === undefined || resolve(found.config.uri).startsWith(OWN)) return undefined
  wrapped.add(found.config)
  return { ...found.config, kind: found.kind }
}

/** The hook, failing with a sentence that names it. One that fails when all is over must not keep the run from ending in order. */
function guarded(code: Code, hook: Hook): Code {
  const failed = (error: unknown) => {
    const reason = noted(hook, error)
    if (hook.kind !== 'AfterAll' && hook.kind !== 'BeforeAll') throw reason
  }
  return function (this: unknown, ...args: unknown[]) {
    const callback = args.at(-1)
    if (code.length === args.length && typeof callback === 'function') {
      args[args.length - 1] = (error: unknown, result: unknown) => {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-call
        callback(error === undefined || error === null ? error : settled(() => failed(error)), result)
      }
    }
    try {
      const result = code.apply(this, args)
      return isThenable(result) ? Promise.resolve(result).catch(failed) : result
    } catch (error) {
      return failed(error)
    }
  }
}

function settled(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

function noted({ kind, uri, line }: Hook, error: unknown): LockstepError {
  const sentence = `the ${kind} hook at ${uri}:${line} failed: ${messageOf(error)}`
  // Before the first scenario nothing has been sent, and nothing will be.
  if (kind === 'BeforeAll') run.refuse(new LockstepError('bad-feature', `${sentence}; nothing was sent`))
  else run.hookFailed(sentence)
  return new LockstepError('diverged', sentence, { cause: error })
}

/** Whatever was thrown: an error of this realm or of another, a text, nothing at all. */
function messageOf(error: unknown): string {
  const message: unknown =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error
  const text = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message)
  return clean(run.scrub(text), 1_000) || 'it gave no reason'
}

function guardWorld(): void {
  const own = builder.World
  if (own === (LockstepWorld as unknown) || guards.has(own)) return
  // Cucumber makes one for each scenario, and a run whose World cannot be made would end without a word of its hosts.
  const guard = function (options: ConstructorParameters<typeof World>[0]) {
    try {
      const made = new own(options)
      if (made instanceof LockstepWorld) return made
      refuseWorld(
        `the World of the team (${own.name}) is no LockstepWorld; write: class ${own.name} extends LockstepWorld, with import { LockstepWorld } from 'lockstep'`,
      )
    } catch (error) {
      refuseWorld(
        `the World of the team (${own.name}${placeOf(error)}) could not be made: ${messageOf(error)}`,
      )
    }
    return new LockstepWorld(options)
  } as unknown as WorldConstructor
  guards.add(guard)
  builder.World = guard
}

const guards = new Set<WorldConstructor>()

function refuseWorld(why: string): void {
  const isBegun = run.verdicts.length > 0
  run.refuse(
    new LockstepError(isBegun ? 'diverged' : 'bad-feature', isBegun ? why : `${why}; nothing was sent`),
  )
}

/** Where an error was thrown: the first line of its stack that is the team's. */
function placeOf(error: unknown): string {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : ''
  const places = [...stack.matchAll(/(?:file:\/\/)?(\/[^\s():]+):(\d+):\d+/g)]
  const own = places.find(
    ([, path = '']) =>
      isAbsolute(path) && !path.includes(`${sep}node_modules${sep}`) && !path.startsWith(OWN),
  )
  return own === undefined ? '' : `, ${relative(process.cwd(), own[1] ?? '')}:${own[2]}`
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
