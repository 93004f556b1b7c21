import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { findClientCfg } from '../config/client_cfg'
import { formatCucumber, formatLockstep } from '../system/commands'
import type { Call, Outcome } from './command'
import { firstFiles, type Project } from './init/first_files'
import { isInstalled, projectIn, readManifest, type Manifest } from './init/project'
import { writeAll } from './init/write_all'

/** The path at which each CI system looks for its configuration. */
const CI: Readonly<Record<string, string>> = {
  github: '.github/workflows/rollout.yml',
  gitlab: '.gitlab-ci.yml',
}
const IGNORED = ['node_modules/', 'reports/', '.lockstep/']
const SCRIPTS: Readonly<Record<string, string>> = {
  'rollout:embedded': 'cucumber-js',
  'rollout:lint': 'cucumber-js -p lint',
  'rollout:ci': 'cucumber-js -p ci',
  'rollout:rehearse': 'cucumber-js -p rehearse',
  'rollout:plan': 'cucumber-js -p plan',
  'rollout:live': 'cucumber-js -p live',
}
const CONFIGURATION = /^cucumber\.(?:[cm]?js|json|ya?ml)$/

/**
 * Writes what a repository of deploys starts with, and with `--ci` what a CI system does with it. A file that is there
 * is left as it is, but for lines of .gitignore and scripts of package.json that it lacks. All is written, or nothing.
 */
export function init({
  cwd,
  options: { ci },
}: Pick<Call<{ ci: string | undefined }>, 'cwd' | 'options'>): Outcome {
  const manifest = readManifest(cwd)
  const project = projectIn(cwd, manifest, clientCfg())
  const changes = [...newFiles(cwd, { ...firstFiles(project), ...ciFile(ci) }), ...additions(cwd, manifest)]
  const files = changes.flatMap(({ name, content }) =>
    content === undefined ? [] : ([[name, content]] as const),
  )
  writeAll(cwd, new Map(files))
  const lines = changes.map(({ name, done }) => `  ${done.padEnd(6)} ${name}`)
  const advice = [...configurationOfOthers(cwd, project), ...next(cwd, project)]
  return { text: `${lines.join('\n')}\n\n${advice.join('\n')}\n`, exitCode: 0 }
}

/** The outcome for one file; `content` is what it will be, if it is not left as it is. */
interface FileChange {
  name: string
  done: 'wrote' | 'added' | 'kept'
  content?: string
}

function newFiles(cwd: string, files: Readonly<Record<string, string>>): FileChange[] {
  return Object.entries(files).map(([name, content]) => {
    const there = existing(cwd, name)
    return there === undefined ? { name, done: 'wrote', content } : { name: there, done: 'kept' }
  })
}

/** Returns the name of the file that is there already. A configuration of cucumber may have another of its names. */
function existing(cwd: string, name: string): string | undefined {
  if (!CONFIGURATION.test(name)) return existsSync(join(cwd, name)) ? name : undefined
  return readdirSync(cwd).find((each) => CONFIGURATION.test(each))
}

function additions(cwd: string, manifest: Manifest | undefined): FileChange[] {
  return [ignoreFile(cwd), ...(manifest === undefined ? [] : [withScripts(manifest)])]
}

function ignoreFile(cwd: string): FileChange {
  const name = '.gitignore'
  const text = existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), 'utf8') : undefined
  if (text === undefined) return { name, done: 'wrote', content: `${IGNORED.join('\n')}\n` }
  const plain = (line: string) => line.trim().replace(/^\/|\/$/g, '')
  const known = new Set(text.split('\n').map(plain))
  const missing = IGNORED.filter((line) => !known.has(plain(line)))
  if (missing.length === 0) return { name, done: 'kept' }
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  return { name, done: 'added', content: `${text}${gap}${missing.join('\n')}\n` }
}

function withScripts({ text, value }: Manifest): FileChange {
  const name = 'package.json'
  const own = value.scripts ?? {}
  if (Object.keys(SCRIPTS).every((script) => Object.hasOwn(own, script))) return { name, done: 'kept' }
  const indent = /^[\t ]+(?=")/m.exec(text)?.[0] ?? '  '
  const all = { ...value, scripts: { ...SCRIPTS, ...own } }
  return {
    name,
    done: 'added',
    content: `${JSON.stringify(all, null, indent)}${text.endsWith('\n') ? '\n' : ''}`,
  }
}

function next(cwd: string, { loader }: Project): string[] {
  if (!isInstalled('lockstep', cwd) || !isInstalled('@cucumber/cucumber', cwd))
    return [
      'Lockstep and cucumber are no dependencies of this folder yet; after npm init, install both:',
      '  npm install --save-dev <the tarball or git URL of Lockstep> @cucumber/cucumber',
      'and then roll out to the embedded fleet:',
      '  npx cucumber-js',
    ]
  const typescript =
    loader === undefined
      ? ['For steps in TypeScript: npm install --save-dev tsx; then in cucumber.js:'].concat(
          "  profiles({ requireModule: [require.resolve('tsx/cjs')], require: ['step_definitions/**/*.{js,ts}'] })",
        )
      : []
  return [
    'Next, roll out to the embedded fleet, where nothing is at stake:',
    `  ${formatCucumber('')}`,
    'then see what else there is:',
    `  ${formatLockstep('help')}`,
    ...typescript,
  ]
}

/** Returns a hint for a configuration of cucumber without Lockstep's profiles, which knows none of its sentences. */
function configurationOfOthers(cwd: string, { isEsm }: Project): string[] {
  const name = existing(cwd, 'cucumber.js')
  if (name === undefined || readFileSync(join(cwd, name), 'utf8').includes('lockstep')) return []
  if (!/\.[cm]?js$/.test(name))
    return [`${name} is not Lockstep's, and cannot be: move its settings, remove it, and say init again.`, '']
  const exported =
    name.endsWith('.mjs') || (isEsm && name.endsWith('.js'))
      ? ["  import { profiles } from 'lockstep'", '  export default () => profiles({ own: { … } })']
      : ["  const { profiles } = require('lockstep')", '  module.exports = profiles({ own: { … } })']
  return [`${name} is not Lockstep's. Let it say this first, with profiles of yours as own:`, ...exported, '']
}

function clientCfg(): string {
  const context = { env: process.env, hostname: hostname(), uid: process.getuid?.() ?? 0 }
  return findClientCfg(context) ?? '/etc/mcollective/client.cfg'
}

function ciFile(system: string | undefined): Record<string, string> {
  const path = CI[system ?? '']
  return path === undefined ? {} : { [path]: readFileSync(join(__dirname, 'ci', `${system}.yaml`), 'utf8') }
}
