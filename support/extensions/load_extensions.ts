import { existsSync } from 'node:fs'
import type { ExtensionFile } from '../config/extensions_setting'
import { nearest } from '../config/nearest'
import { reasonOf } from '../rollout/model/thrown'
import { LockstepError } from '../system/errors'
import { loadModule } from '../system/load_module'
import { redactNothing } from '../system/redaction'
import { addAgents } from './add_agents'
import { addNamed } from './add_named'
import { addRules } from './add_rules'
import type { Extension } from './extension'
import { noExtensions, type Extensions } from './extensions'
import type { Refuse } from './refuse'

/** The exports that an extension may have. */
const KINDS: readonly (keyof Extension)[] = ['rules', 'balancers', 'channels', 'agents']

/**
 * Loads the files with code of a team. A name that two of them define, or that Lockstep has already, is refused.
 * @throws LockstepError `bad-config` that names the file, and says what is wrong with it
 */
export function loadExtensions(files: readonly ExtensionFile[]): Extensions {
  const all = noExtensions()
  for (const { path, file, where } of files) {
    const refuse: Refuse = (what, cause) => {
      throw new LockstepError('bad-config', `${where}: the extension ${file}: ${what}`, { cause })
    }
    if (all.files.includes(file)) refuse('it is named twice')
    const extension = extensionAt(path, refuse)
    all.files.push(file)
    try {
      addRules(all.rules, extension.rules, { file, refuse })
      addNamed(all.balancers, 'balancer', extension.balancers, { file, refuse, reserved: ['haproxy'] })
      addNamed(all.channels, 'channel', extension.channels, { file, refuse })
      addAgents(all.agents, extension.agents, { file, refuse })
    } catch (error) {
      if (error instanceof LockstepError) throw error
      refuse(`it cannot be read: ${reasonOf(error, redactNothing)}`, error)
    }
  }
  return all
}

function extensionAt(path: string, refuse: Refuse): Extension {
  if (!existsSync(path)) return refuse(`there is no file ${path}`)
  const exported = exportOf(path, refuse)
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported))
    return refuse(
      `it exports no extension; expected an object with ${KINDS.join(', ')} as its default export`,
    )
  const names = Object.keys(exported)
  if (names.length === 0) return refuse(`it exports nothing; expected ${KINDS.join(', ')}`)
  const unknown = names.find((name) => !isKind(name))
  if (unknown !== undefined)
    return refuse(
      `it exports ${unknown}, which is not known; the closest known one is ${nearest(unknown, KINDS)}`,
    )
  return exported
}

/** Returns the default export, or else all exports together. */
function exportOf(path: string, refuse: Refuse): unknown {
  try {
    const loaded = loadModule(path)
    if (!('default' in Object(loaded))) return loaded
    const beside = Object.keys(loaded).find(isKind)
    if (beside !== undefined)
      return refuse(`it exports ${beside} beside its default export; put it into that one`)
    return loaded['default']
  } catch (error) {
    if (error instanceof LockstepError) throw error
    return refuse(`it cannot be loaded: ${reasonOf(error, redactNothing)}`, error)
  }
}

function isKind(name: string): boolean {
  return (KINDS as readonly string[]).includes(name)
}
