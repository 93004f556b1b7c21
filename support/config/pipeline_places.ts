import * as v from 'valibot'
import { readConfigFile } from './files'
import { pipelineSetting } from './pipeline_setting'
import { readYaml } from './yaml_file'

/** The names that a lockstep.yaml has, without any secret. */
export interface PipelinePlaces {
  environments: readonly string[]
  /** The environments that the tags of each repository go to. */
  repositories: ReadonlyMap<string, readonly string[]>
}

/**
 * Reads the names of environments, and where tags of repositories go, and none of the secrets.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readPipelinePlaces(configPath: string): PipelinePlaces {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const schema = v.looseObject({
    environments: v.optional(v.record(v.string(), v.unknown()), {}),
    pipeline: v.optional(pipelineSetting),
  })
  const { environments, pipeline } = readYaml(configPath, text, schema)
  const repositories = Object.entries(pipeline?.repositories ?? {})
  return {
    environments: Object.keys(environments),
    repositories: new Map(repositories.map(([name, { after_success: acts }]) => [name, Object.keys(acts)])),
  }
}
