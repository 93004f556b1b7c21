import { nameIn, type Lock, type Locked } from './module_closure'

export interface Bill {
  /** The name of what it is of. */
  name: string
  version: string
  epochS: number
  /** The folders of node_modules whose packages are in it, or that npm installs beside it. */
  modules: readonly string[]
  lock: Lock
  /** The Node that is in it, with its digest; undefined where the user brings one. */
  node?: { version: string; sha256: string }
}

/** Returns a bill of materials as CycloneDX 1.5 has it; the same contents make the same text. */
export function formatBill({ name, version, epochS, modules, lock, node }: Bill): string {
  const ref = `${name}@${version}`
  const components = [
    ...(node === undefined ? [] : [nodeComponent(node)]),
    ...modules.flatMap((folder) => {
      const locked = lock[folder]
      return locked === undefined ? [] : [component(folder, locked)]
    }),
  ]
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: new Date(epochS * 1000).toISOString(),
      component: {
        'bom-ref': ref,
        type: 'application',
        name,
        version,
        licenses: [{ license: { id: 'Apache-2.0' } }],
      },
    },
    components,
    dependencies: [{ ref, dependsOn: components.map((each) => each['bom-ref']) }],
  }
  return `${JSON.stringify(bill, null, 2)}\n`
}

function nodeComponent({ version, sha256 }: { version: string; sha256: string }) {
  return {
    'bom-ref': `node@${version}`,
    type: 'platform',
    name: 'node',
    version,
    purl: `pkg:generic/node@${version}`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  }
}

function component(folder: string, { version, license, integrity }: Locked) {
  const name = nameIn(folder)
  const digest = /^sha512-(.+)$/.exec(integrity ?? '')?.[1]
  return {
    'bom-ref': `${folder}@${version}`,
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(digest === undefined
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }),
    ...(license === undefined
      ? {}
      : { licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }] }),
  }
}
