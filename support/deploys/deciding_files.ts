import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folders of a project of features that have code, and the files by which cucumber and Node choose what they load. */
const DECIDES = /^(?:node_modules|step_definitions|support|features)$|\.(?:[cm]?[jt]s|json|ya?ml|feature)$/

/** Returns what decides, in the folder of lockstep.yaml, what a feature does: who can write it could have other code run. */
export function decidingFiles(folder: string, feature: string): string[] {
  const names = readdirSync(folder).filter((name) => DECIDES.test(name))
  return [folder, join(folder, feature), ...names.map((name) => join(folder, name))]
}
