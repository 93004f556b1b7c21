import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'

const root = resolve(__dirname, '..', '..')

/**
 * The folders that each folder may import; every folder may import system. The README has this table too, with the
 * reasons.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  step_definitions: ['support/cucumber', 'support/config', 'support/rollout', '@cucumber/cucumber'],
  'support/cucumber': [
    'support/balancers',
    'support/config',
    'support/connectors',
    'support/lint',
    'support/notices',
    'support/inventory',
    'support/protocol',
    'support/record',
    'support/rollout',
    'support/rpc/client',
    'support/rpc/contracts',
    'support/simulation',
    '@cucumber/cucumber',
  ],
  'support/rollout': [],
  'support/record': ['support/rollout'],
  'support/lint': ['support/rollout'],
  'support/balancers': ['support/rollout'],
  'support/agents': ['support/protocol', 'support/rpc/contracts', 'support/rpc/server'],
  'support/rpc/contracts': [],
  'support/rpc/client': ['support/rpc/contracts', 'support/protocol', 'support/connectors'],
  'support/rpc/server': ['support/rpc/contracts', 'support/protocol'],
  'support/protocol': ['re2js'],
  'support/connectors': ['stompit'],
  'support/simulation': ['support/agents', 'support/rpc/server', 'support/connectors', 'support/protocol'],
  'support/config': ['support/balancers', 'support/connectors', 'support/notices', 'support/simulation'],
  'support/notices': ['nodemailer'],
  'support/inventory': ['support/config', 'support/protocol', 'support/rollout'],
  'support/system': [],
  'support/daemon': [
    'support/agents',
    'support/config',
    'support/connectors',
    'support/protocol',
    'support/rpc/contracts',
    'support/rpc/server',
  ],
  'support/bin': [
    'support/agents',
    'support/config',
    'support/cucumber',
    'support/daemon',
    'support/record',
    'support/inventory',
    'support/rollout',
    'support/rpc/contracts',
  ],
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
