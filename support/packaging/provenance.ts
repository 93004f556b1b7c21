import { basename } from 'node:path'
import { sha256Of } from './check_sums'

export interface Origin {
  commit: string
  version: string
  epochS: number
  /** The Node that built, npm, and the programs that packed, with their versions. */
  tools: Readonly<Record<string, string>>
}

/**
 * Returns what the files were built of, as a statement of in-toto with SLSA's predicate. It is not signed: who has it
 * signed says that it is so.
 */
export function formatProvenance(
  paths: readonly string[],
  { commit, version, epochS, tools }: Origin,
): string {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: paths.map((path) => ({ name: basename(path), digest: { sha256: sha256Of(path) } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'npm run release',
        externalParameters: { version, SOURCE_DATE_EPOCH: epochS },
        resolvedDependencies: [{ name: 'lockstep', digest: { gitCommit: commit } }],
      },
      runDetails: { builder: { id: 'npm run release', version: tools } },
    },
  }
  return `${JSON.stringify(statement, null, 2)}\n`
}
