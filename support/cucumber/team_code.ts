import { setWorldConstructor, supportCodeLibraryBuilder, World } from '@cucumber/cucumber'
import { join, relative, resolve, sep } from 'node:path'
import { failedHook, failedWorld, failedWrapper } from '../run/team_faults'
import { placeOf, reasonOf } from '../rollout/model/thrown'
import { LockstepError } from '../system/errors'
import { guardCode, type Code } from '../system/guarded_code'
import { session } from '../composition/session'
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
    why = reasonOf(error, session().run.redact)
  }
  session().run.refuse(failedWrapper(why))
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
    const reason = recordFault(hook, error)
    if (hook.kind !== 'AfterAll' && hook.kind !== 'BeforeAll') throw reason
  }
  return guardCode(code, { limit: hook.limit, parameters, failed })
}

function recordFault(hook: Hook, error: unknown): LockstepError {
  const sentence = failedHook(hook, reasonOf(error, session().run.redact))
  // Before the first scenario nothing has been sent, and nothing will be.
  if (hook.kind === 'BeforeAll')
    session().run.refuse(new LockstepError('bad-feature', `${sentence}; nothing was sent`))
  else session().run.hookFailed(sentence)
  return new LockstepError('diverged', sentence, { cause: error })
}

function guardWorld(): void {
  const own = builder.World
  if (own === (LockstepWorld as unknown) || guards.has(own)) return
  // Cucumber makes one for each scenario, and a run whose World cannot be made would end without a word of its hosts.
  const guard = function (options: ConstructorParameters<typeof World>[0]) {
    const isBegun = session().run.state.verdicts.length > 0
    const failed = (place: string, reason: string | undefined) =>
      session().run.refuse(failedWorld({ name: own.name, place, reason }, isBegun))
    try {
      const made = new own(options)
      if (made instanceof LockstepWorld) return made
      failed('', undefined)
    } catch (error) {
      const { path, line } = placeOf(error, OWN) ?? {}
      const place = path === undefined ? '' : `${relative(process.cwd(), path)}:${line}`
      failed(place, reasonOf(error, session().run.redact))
    }
    return new LockstepWorld(options)
  } as unknown as WorldConstructor
  guards.add(guard)
  builder.World = guard
}

const guards = new Set<WorldConstructor>()
