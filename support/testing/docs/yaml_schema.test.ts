import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { firstFiles } from '../../bin/init/first_files'
import { ENVIRONMENT_KEYS, FILE_KEYS } from '../../config/yaml_keys'
import { ROOT } from './blocks'
import { yamlSchema } from './yaml_schema'

interface Schema {
  description?: string
  properties?: Readonly<Record<string, Schema>>
  additionalProperties?: false | { anyOf: readonly Schema[] }
}

describe('the JSON Schema of lockstep.yaml', () => {
  const texts = [...yamlSchema().matchAll(/"description": "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text)

  it('has the line of help of every key', () => {
    const missing = Object.entries({ ...FILE_KEYS, ...ENVIRONMENT_KEYS }).filter(
      ([, { help }]) => !texts.some((text) => text.startsWith(help.replaceAll('`', ''))),
    )
    expect(missing.map(([key]) => key)).to.deep.equal([])
  })

  it('leaves no value to a definition that is not there', () =>
    expect(yamlSchema()).not.to.match(/"\$(?:ref|defs)"/))

  it('knows no other key of the file or of an environment', () => {
    const { properties = {}, additionalProperties } = JSON.parse(yamlSchema()) as Schema
    expect(additionalProperties).to.equal(false)
    const environment = properties['environments']?.additionalProperties
    if (environment === undefined || environment === false) throw new Error('no environment is known')
    const { anyOf } = environment
    expect(anyOf.map((each) => each.additionalProperties)).to.deep.equal([false, false, false, false])
    const all = [
      ...Object.values(properties),
      ...anyOf.flatMap((each) => Object.values(each.properties ?? {})),
    ]
    expect(all.filter(({ description }) => description === undefined)).to.deep.equal([])
  })

  it('is what the first lockstep.yaml of a project points to', () => {
    const files = firstFiles({ steps: 'commonjs', loader: undefined, isEsm: false, clientCfg: '/x' })
    const [, path = ''] =
      /^# yaml-language-server: \$schema=node_modules\/lockstep\/(.+)$/m.exec(files['lockstep.yaml'] ?? '') ??
      []
    expect(path).not.to.equal('')
    expect(existsSync(join(ROOT, path))).to.equal(true)
  })
})
