import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'
import { circlesIn } from './circles'

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
    'support/sentences',
    'support/composition',
    'support/run',
    'support/reporting',
    'support/preflight',
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
    'support/rollout/ports',
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
  'support/run': [
    'support/sentences',
    'support/lint',
    'support/rollout/ports',
    'support/rollout/model',
    'support/config',
  ],
  'support/reporting': [
    'support/sentences',
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
    'support/sentences',
    'support/run',
    'support/lint',
    'support/rehearsal',
    'support/rollout/verbs',
    'support/rollout/model',
    'support/config',
    'support/rpc/contracts',
    'support/protocol',
  ],
  'support/sentences': ['support/rollout/model'],
  'support/lint': ['support/sentences', 'support/rollout/ports', 'support/rollout/model'],
  'support/rehearsal': [
    'support/sentences',
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
    'support/rollout/ports',
    'support/rollout/engine',
    'support/rollout/model',
    'support/config',
    'support/rpc/contracts',
  ],
  'support/history': ['support/run', 'support/rollout/ports', 'support/rollout/model', 'support/locks'],
  'support/rollout': [
    'support/rollout/verbs',
    'support/rollout/engine',
    'support/rollout/ports',
    'support/rollout/model',
  ],
  'support/rollout/verbs': ['support/rollout/engine', 'support/rollout/ports', 'support/rollout/model'],
  'support/rollout/engine': ['support/rollout/ports', 'support/rollout/model'],
  'support/rollout/ports': ['support/rollout/model'],
  'support/rollout/model': [],
  'support/locks': ['support/run', 'support/rollout/ports', 'support/rollout/model', 'support/config'],
  'support/notifications': ['nodemailer'],
  'support/inventory': ['support/rollout/ports', 'support/config', 'support/protocol'],
  'support/config': ['support/notifications', 'support/balancers', 'support/connectors'],
  'support/balancers': ['support/rollout/ports', 'support/rollout/model'],
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
    'support/sentences',
    'support/composition',
    'support/run',
    'support/reporting',
    'support/planning',
    'support/history',
    'support/rollout',
    'support/rollout/verbs',
    'support/rollout/ports',
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
    importsOf(file).map((imported) => ({ file, imported, from: folderOf(file), to: folderOf(imported) })),
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

  it('have no file that imports itself through others, be it a type or lazily', () => {
    const files = new Set(sources())
    const found = new Map(sources().map((file): [string, string[]] => [file, []]))
    for (const { file, imported } of imports)
      for (const path of [`${imported}.ts`, `${imported}/index.ts`])
        if (files.has(path)) found.get(file)?.push(path)
    expect([...found.values()].flat().length, 'imports that were followed').to.be.greaterThan(1_000)
    expect(circlesIn(found)).to.deep.equal([])
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

/** Returns what a file imports: files of this repository by their path without `.ts`, packages by name. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const written = text.matchAll(/(?:\bfrom|\brequire\(|\bimport\(?) ?'([^']+)'/g)
  return [...written].map(([, specifier = '']) =>
    specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier,
  )
}

function folderOf(path: string): string {
  const module = path.replace(/\.ts$/, '')
  const folders = Object.keys(ALLOWED).filter(
    (folder) => module === folder || module.startsWith(`${folder}/`),
  )
  return folders.sort((a, b) => b.length - a.length)[0] ?? path
}
