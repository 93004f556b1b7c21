import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Writable } from 'node:stream'
import type { IRunEnvironment, ISupportCodeLibrary } from '@cucumber/cucumber/api'
import { patternFor } from '../preflight/file_patterns'
import { LoneFeatures, type LoneRemark } from '../preflight/lone_features'
import { answer, listed } from '../verify/answer'
import { STRICT } from '../verify/feature_checker'
import type { Remark } from '../verify/remark'
import { stepFunctionOf } from './step_arguments'

/** Features that are read together; an answer comes after each such batch. */
const BATCH = 50
/** The most characters of any line of a feature. */
const MAX_LINE_CHARACTERS = 16_384
/** As in the profiles: what they leave out, no rollout runs. */
const TAGS = 'not @behaviour and not @rehearse'

/**
 * Checks the features that the current folder lists, with Lockstep's own steps and parameter types. No configuration of
 * cucumber is looked for, and nothing is run.
 */
export async function checkFeatures(args: readonly string[]): Promise<void> {
  const api = require('@cucumber/cucumber/api') as typeof import('@cucumber/cucumber/api')
  const support = await api.loadSupport(
    { sources: sourcesOf([]), support: { requirePaths: ownCode() } },
    QUIET,
  )
  const names = listed().filter((name) => {
    const fault = faultOfLines(readFileSync(name, 'utf8'))
    if (fault !== undefined) answer({ name, remarks: [fault] })
    return fault === undefined
  })
  for (let from = 0; from < names.length; from += BATCH)
    await checkBatch(names.slice(from, from + BATCH), { api, support, isStrict: args.includes(STRICT) })
}

/** Returns the first line that is too long for cucumber's parser, which reads some at the square of their length. */
function faultOfLines(text: string): Remark | undefined {
  for (const [index, line] of text.split('\n').entries())
    if (line.length > MAX_LINE_CHARACTERS)
      return {
        severity: 'error',
        line: index + 1,
        message: `the line has ${line.length} characters; at most ${MAX_LINE_CHARACTERS} can be checked`,
      }
  return undefined
}

interface Reading {
  api: typeof import('@cucumber/cucumber/api')
  support: ISupportCodeLibrary
  isStrict: boolean
}

async function checkBatch(names: readonly string[], reading: Reading): Promise<void> {
  const { remarks, unparsed } = await read(names, reading)
  tell(unparsed.size === 0 ? names : [...unparsed], remarks, reading)
  // Beside a feature that cannot be parsed, cucumber reads no other.
  const others = unparsed.size === 0 ? [] : names.filter((name) => !unparsed.has(name))
  if (others.length > 0) tell(others, (await read(others, reading)).remarks, reading)
}

function tell(names: readonly string[], remarks: readonly LoneRemark[], { isStrict }: Reading): void {
  for (const name of names)
    answer({
      name,
      remarks: remarks
        .filter(({ uri }) => uri === name)
        .map(({ line, message, severity, ofTeam }) => ({
          line,
          message,
          severity: isStrict && ofTeam === true ? 'error' : severity,
        })),
    })
}

async function read(names: readonly string[], { api, support }: Reading) {
  const features = new LoneFeatures(stepFunctionOf)
  const heard = new Set<string>()
  let [sentences, scenarios] = [0, 0]
  const reading = api.runCucumber(
    {
      sources: sourcesOf(names),
      support,
      runtime: {
        dryRun: true,
        failFast: false,
        filterStacktraces: true,
        parallel: 0,
        retry: 0,
        retryTagFilter: '',
        strict: true,
        worldParameters: {},
      },
      formats: { stdout: 'summary', files: {}, publish: false, options: {} },
    },
    QUIET,
    (envelope) => {
      if (envelope.source !== undefined) heard.add(envelope.source.uri)
      if (envelope.stepDefinition !== undefined) sentences += 1
      if (envelope.testCase !== undefined) scenarios += 1
      features.hear(envelope)
      // All is heard. For steps that are not known cucumber would go on to propose code, at the cube of their length.
      if (envelope.testCaseStarted !== undefined) throw new AllHeard()
    },
  )
  await reading.catch((error: unknown) => {
    if (!(error instanceof AllHeard)) throw error
  })
  const missing = names.find((name) => !heard.has(name))
  if (missing !== undefined) fail(`cucumber did not read ${missing}`)
  // Without them every line would only be unknown.
  if (scenarios > 0 && sentences === 0) fail('cucumber did not load the sentences of Lockstep')
  return { remarks: features.remarks(), unparsed: features.unparsed }
}

/** Ends cucumber's run where nothing more of it is wanted. */
class AllHeard extends Error {}

function sourcesOf(names: readonly string[]) {
  return {
    defaultDialect: 'en',
    paths: [...names],
    names: [],
    tagExpression: TAGS,
    order: 'defined' as const,
    shard: '',
  }
}

/** Cucumber writes nothing: the output of the process is for answers. */
const QUIET: IRunEnvironment = {
  stdout: new Writable({ write: (_chunk, _encoding, done) => done() }),
  stderr: new Writable({ write: (_chunk, _encoding, done) => done() }),
  env: {},
}

function ownCode(): string[] {
  const extension = extname(__filename)
  const folder = join(__dirname, '..', '..', 'step_definitions')
  const steps = readdirSync(folder).filter(
    (name) => name.endsWith(extension) && !name.endsWith(`.d${extension}`),
  )
  const files = [
    join(__dirname, `parameter_types${extension}`),
    ...steps.sort().map((name) => join(folder, name)),
  ]
  return files.map(
    (path) => patternFor(path, process.cwd()) ?? fail(`cucumber cannot be told to load ${path}`),
  )
}

function fail(why: string): never {
  throw new Error(why)
}
