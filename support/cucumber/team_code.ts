import { setWorldConstructor, supportCodeLibraryBuilder, World } from '@cucumber/cucumber'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { clean } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { session } from './session'
import { LockstepWorld } from './world'

/**
 * The kinds of hooks, by the lists in which cucumber keeps them while support code is loaded. Their order is the one in
 * which cucumber wraps hooks.
 */
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

interface Defined {
  code: unknown
  uri: string
  line: number
  options: { timeout?: number }
}

interface Hook extends Defined {
  kind: HookKind
  /** Milliseconds that the hook may take; cucumber takes a negative time for no limit. */
  limit: number
}

/** The function that cucumber calls for all code once everything is loaded. */
type Wrapper = (code: Code, options?: unknown) => unknown

const builder = supportCodeLibraryBuilder as unknown as {
  World: WorldConstructor
  defaultTimeout: number
  definitionFunctionWrapper: Wrapper | null
  stepDefinitionConfigs: readonly Defined[]
} & Record<keyof typeof HOOKS, readonly Defined[]>
const wrapped = new Set<Defined>()
const limits = new Map<Defined, number>()
/** The folder of Lockstep's own hooks, which have words of their own for what goes wrong. */
const OWN = __dirname + sep
const OWN_STEPS = join(__dirname, '..', '..', 'step_definitions') + sep
const NO_LIMIT = -1

// A team's own World extends this one, and may have been set before this file was loaded.
if (builder.World === World) setWorldConstructor(LockstepWorld)

// A team may set a wrapper of its own, before or after this file is loaded; the wrappers are nested.
let ofTeam = builder.definitionFunctionWrapper
Object.defineProperty(builder, 'definitionFunctionWrapper', {
  get: () => wrap,
  set: (wrapper: Wrapper | null) => {
    ofTeam = wrapper
  },
  configurable: true,
  enumerable: true,
})

/**
 * Wraps code with the team's wrapper. Lockstep's own hooks stay as they are, since a run is kept by them. Cucumber
 * reads the World, and the wrapped code, after this call.
 */
function wrap(code: Code, options?: unknown): unknown {
  guardWorld()
  keepTime()
  const hook = hookOf(code)
  if (hook !== undefined && isOwn(hook)) return code
  const own = wrappedByTeam(code, options)
  return hook === undefined ? own : guarded(own, hook, code.length)
}

/**
 * Returns code in the team's wrapper. A wrapper that gives no function refuses the run; it would end the process before
 * anything is read.
 */
function wrappedByTeam(code: Code, options: unknown): Code {
  if (ofTeam === null) return code
  let why = 'it gave no function'
  try {
    const made = ofTeam(code, options)
    if (typeof made === 'function') return made as Code
  } catch (error) {
    why = messageOf(error)
  }
  const sentence = `the function of setDefinitionFunctionWrapper failed: ${why}`
  session().run.refuse(new LockstepError('bad-feature', `${sentence}; nothing was sent`))
  return code
}

/**
 * Takes the time limits of hooks and Lockstep's own steps away from cucumber, and keeps those of a team's hooks. A team
 * may set a default time for its own code. Lockstep's lines have deadlines of their own, behind which cucumber would
 * leave the work going on. A hook that took too long is named like one that threw.
 */
function keepTime(): void {
  const hooks = Object.keys(HOOKS).flatMap((name) => builder[name as keyof typeof HOOKS])
  const ownSteps = builder.stepDefinitionConfigs.filter(isOwn)
  for (const config of [...hooks, ...ownSteps]) {
    if (limits.has(config)) continue
    limits.set(config, isOwn(config) ? NO_LIMIT : (config.options.timeout ?? builder.defaultTimeout))
  }
  // The limits go only now, since a team's hooks may share their options.
  for (const { options } of limits.keys()) Reflect.set(options, 'timeout', NO_LIMIT)
}

function isOwn({ uri }: Defined): boolean {
  const path = resolve(uri)
  return path.startsWith(OWN) || path.startsWith(OWN_STEPS)
}

function hookOf(code: unknown): Hook | undefined {
  const all = Object.entries(HOOKS).flatMap(([name, kind]) =>
    builder[name as keyof typeof HOOKS].map((config) => ({ config, kind })),
  )
  const found = all.find(({ config }) => config.code === code && !wrapped.has(config))
  if (found === undefined) return undefined
  wrapped.add(found.config)
  return { ...found.config, kind: found.kind, limit: limits.get(found.config) ?? NO_LIMIT }
}

/**
 * Returns the hook, failing with a sentence that names it. A hook that fails when all is over must not keep the run
 * from ending in order.
 */
function guarded(code: Code, hook: Hook, parameters: number): Code {
  const failed = (error: unknown) => {
    const reason = noted(hook, error)
    if (hook.kind !== 'AfterAll' && hook.kind !== 'BeforeAll') throw reason
  }
  return function (this: unknown, ...args: unknown[]) {
    const callback = args.at(-1)
    if (parameters === args.length && typeof callback === 'function') {
      const end = limited(hook.limit, (error: unknown, result?: unknown) => {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-call
        callback(error === undefined || error === null ? error : settled(() => failed(error)), result)
      })
      args[args.length - 1] = end
    }
    try {
      const result = code.apply(this, args)
      return isThenable(result) ? inTime(hook.limit, result).catch(failed) : result
    } catch (error) {
      return failed(error)
    }
  }
}

type Callback = (error: unknown, result?: unknown) => void

/** Returns a callback that calls `callback` once, with an error when it is not called within `limit` milliseconds. */
function limited(limit: number, callback: Callback): Callback {
  let isOver = false
  const once: Callback = (error, result) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    callback(error, result)
  }
  const timer = limit >= 0 ? setTimeout(() => once(tooLong(limit)), limit) : undefined
  return once
}

function inTime(limit: number, work: PromiseLike<unknown>): Promise<unknown> {
  if (limit < 0) return Promise.resolve(work)
  return new Promise((fulfil, reject) => {
    const timer = setTimeout(() => reject(tooLong(limit)), limit)
    Promise.resolve(work)
      .finally(() => clearTimeout(timer))
      .then(fulfil, reject)
  })
}

function tooLong(limit: number): Error {
  return new Error(`it took longer than the ${limit} ms that it may take`)
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
  if (kind === 'BeforeAll')
    session().run.refuse(new LockstepError('bad-feature', `${sentence}; nothing was sent`))
  else session().run.hookFailed(sentence)
  return new LockstepError('diverged', sentence, { cause: error })
}

/** Returns the message of any thrown value: an error of this realm or of another, a text, nothing at all. */
function messageOf(error: unknown): string {
  const message: unknown =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error
  const text = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message)
  return clean(session().run.redact(text), 1_000) || 'it gave no reason'
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
  const isBegun = session().run.state.verdicts.length > 0
  session().run.refuse(
    new LockstepError(isBegun ? 'diverged' : 'bad-feature', isBegun ? why : `${why}; nothing was sent`),
  )
}

/** Returns where an error was thrown, as the first line of its stack that is the team's; empty where none is. */
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
