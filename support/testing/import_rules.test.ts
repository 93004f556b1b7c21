import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'

const root = resolve(__dirname, '..', '..')

/**
 * The folders that each folder may import; every folder may import system. The README has this table too, with the
 * reasons.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  step_definitions: [
    'support/cucumber',
    'support/rollout/verbs',
    'support/rollout/model',
    'support/inventory',
    '@cucumber/cucumber',
  ],
  'support/cucumber': [
    'support/composition',
    'support/run',
    'support/reporting',
    'support/preflight',
    'support/lint',
    'support/rollout',
    'support/rollout/verbs',
    'support/rollout/model',
    'support/config',
    '@cucumber/cucumber',
  ],
  'support/composition': [
    'support/run',
    'support/reporting',
    'support/preflight',
    'support/lint',
    'support/rehearsal',
    'support/planning',
    'support/history',
    'support/rollout',
    'support/rollout/verbs',
    'support/rollout/engine',
    'support/rollout/model',
    'support/locks',
    'support/notifications',
    'support/inventory',
    'support/config',
    'support/balancers',
    'support/rpc/client',
    'support/rpc/contracts',
    'support/protocol',
    'support/connectors',
    'support/simulation',
  ],
  'support/run': ['support/lint', 'support/rollout', 'support/rollout/model', 'support/config'],
  'support/reporting': [
    'support/run',
    'support/preflight',
    'support/lint',
    'support/rehearsal',
    'support/planning',
    'support/rollout',
    'support/rollout/model',
    'support/config',
  ],
  'support/preflight': [
    'support/run',
    'support/lint',
    'support/rehearsal',
    'support/rollout/verbs',
    'support/rollout/model',
    'support/config',
    'support/rpc/contracts',
    'support/protocol',
  ],
  'support/lint': ['support/rollout', 'support/rollout/model'],
  'support/rehearsal': [
    'support/run',
    'support/planning',
    'support/rollout',
    'support/inventory',
    'support/config',
    'support/rpc/contracts',
    'support/simulation',
  ],
  'support/planning': [
    'support/run',
    'support/rollout',
    'support/rollout/engine',
    'support/rollout/model',
    'support/config',
    'support/rpc/contracts',
  ],
  'support/history': ['support/run', 'support/rollout', 'support/rollout/model', 'support/locks'],
  'support/rollout': ['support/rollout/verbs', 'support/rollout/engine', 'support/rollout/model'],
  'support/rollout/verbs': ['support/rollout', 'support/rollout/engine', 'support/rollout/model'],
  'support/rollout/engine': ['support/rollout', 'support/rollout/model'],
  'support/rollout/model': [],
  'support/locks': ['support/run', 'support/rollout', 'support/rollout/model', 'support/config'],
  'support/notifications': ['nodemailer'],
  'support/inventory': ['support/rollout', 'support/config', 'support/protocol'],
  'support/config': ['support/notifications', 'support/balancers', 'support/connectors'],
  'support/balancers': ['support/rollout', 'support/rollout/engine', 'support/rollout/model'],
  'support/rpc/client': ['support/rpc/contracts', 'support/protocol', 'support/connectors'],
  'support/rpc/server': ['support/rpc/contracts', 'support/protocol'],
  'support/rpc/contracts': [],
  'support/protocol': ['re2js'],
  'support/connectors': ['stompit'],
  'support/agents': ['support/rpc/server', 'support/rpc/contracts', 'support/protocol'],
  'support/daemon': [
    'support/config',
    'support/rpc/server',
    'support/rpc/contracts',
    'support/protocol',
    'support/connectors',
    'support/agents',
  ],
  'support/simulation': [
    'support/config',
    'support/rpc/server',
    'support/protocol',
    'support/connectors',
    'support/agents',
  ],
  'support/bin': [
    'support/composition',
    'support/run',
    'support/reporting',
    'support/planning',
    'support/history',
    'support/rollout',
    'support/rollout/verbs',
    'support/rollout/model',
    'support/locks',
    'support/inventory',
    'support/config',
    'support/rpc/contracts',
    'support/agents',
    'support/daemon',
  ],
  'support/system': [],
}
const GUARDED = ['@cucumber/cucumber', 'stompit', 'nodemailer', 're2js']

describe('the folders', () => {
  const imports = sources().flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|require\(|import\() ?'([^']+)'/g)].map(
      ([, specifier = '']) => ({
        file,
        from: folderOf(file),
        to: specifier.startsWith('.')
          ? folderOf(relative(root, resolve(root, dirname(file), specifier)))
          : specifier,
      }),
    ),
  )
  const relevant = imports.filter(
    ({ from, to }) =>
      from !== to && to !== 'support/system' && (to.startsWith('support') || GUARDED.includes(to)),
  )

  it('import only what they may', () => {
    const wrong = relevant
      .filter(({ from, to }) => !(ALLOWED[from] ?? []).includes(to))
      .map(({ file, to }) => `${file} imports ${to}`)
    expect(wrong).to.deep.equal([])
  })

  it('use every permission that they have', () => {
    const used = new Set(relevant.map(({ from, to }) => `${from} -> ${to}`))
    const unused = Object.entries(ALLOWED).flatMap(([from, list]) =>
      list.filter((to) => !used.has(`${from} -> ${to}`)).map((to) => `${from} -> ${to}`),
    )
    expect(unused).to.deep.equal([])
  })

  it('protocol and system know nothing of the rest', () => {
    const out = imports.filter(
      ({ from, to }) =>
        ['support/protocol', 'support/system'].includes(from) && to !== from && to.startsWith('support'),
    )
    expect(out).to.deep.equal([])
  })
})

function sources(): string[] {
  return ['support', 'step_definitions'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .map((name) => join(top, name))
      .filter(
        (name) =>
          name.endsWith('.ts') &&
          !name.endsWith('.test.ts') &&
          !name.startsWith('support/testing') &&
          name !== 'support/index.ts',
      ),
  )
}

function folderOf(file: string): string {
  const folders = Object.keys(ALLOWED).filter((folder) => file === folder || file.startsWith(`${folder}/`))
  return folders.sort((a, b) => b.length - a.length)[0] ?? dirname(file)
}
