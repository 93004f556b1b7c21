import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folders of a project of features that have code, and the files by which cucumber and Node choose what they load. */
const DECIDES = /^(?:node_modules|step_definitions|support|features)$|\.(?:[cm]?[jt]s|json|ya?ml|feature)$/

/** Returns what decides, in the folder of lockstep.yaml, what a feature does: who can write it could have other code run. */
export function decidingFiles(folder: string, feature: string): string[] {
  return [folder, join(folder, feature), ...codeIn(folder)]
}

/** Returns the folders and files of code, and of what chooses code, in the folder of lockstep.yaml. */
export function codeIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => DECIDES.test(name))
    .map((name) => join(folder, name))
}
