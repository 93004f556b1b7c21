import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { LockstepError } from '../../system/errors'
import type { Project } from './first_files'

/** A project's `package.json`, as far as `init` needs it. */
export interface Manifest {
  text: string
  value: { type?: unknown; scripts?: Record<string, unknown>; [key: string]: unknown }
}

/**
 * Reads the manifest of a project; undefined where there is none.
 * @throws LockstepError `bad-input` for one that cannot be read
 */
export function readManifest(cwd: string): Manifest | undefined {
  const path = join(cwd, 'package.json')
  if (!existsSync(path)) return undefined
  try {
    const text = readFileSync(path, 'utf8')
    const value = JSON.parse(text) as unknown
    const scripts = isObject(value) ? value['scripts'] : undefined
    if (!isObject(value) || (scripts !== undefined && !isObject(scripts)))
      throw new Error('it is no object, or its scripts are none')
    return { text, value: { ...value, ...(isObject(scripts) ? { scripts } : {}) } }
  } catch (error) {
    throw new LockstepError(
      'bad-input',
      `package.json cannot be read: ${(error as Error).message}; nothing was written`,
      { cause: error },
    )
  }
}

/**
 * Describes the project in `cwd`. Steps are in TypeScript where tsx is installed: it loads them on every Node, with any
 * version of TypeScript.
 */
export function projectIn(cwd: string, manifest: Manifest | undefined, clientCfg: string): Project {
  const isEsm = manifest?.value.type === 'module'
  const loader = isInstalled('tsx/cjs', cwd) ? 'tsx/cjs' : undefined
  const steps = loader !== undefined ? 'typescript' : isEsm ? 'esm' : 'commonjs'
  return { steps, loader, isEsm, clientCfg }
}

/** Returns whether files of `cwd` can load the module `name`. */
export function isInstalled(name: string, cwd: string): boolean {
  try {
    createRequire(join(cwd, 'package.json')).resolve(name)
    return true
  } catch {
    return false
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
