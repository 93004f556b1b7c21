import { basename } from 'node:path'
import { Writable } from 'node:stream'
import type { IResolvedConfiguration } from '@cucumber/cucumber/api'
import { optionValues } from '../preflight/command_line'
import type { ResolvedOptions } from '../preflight/run_options'

/**
 * Asks cucumber itself for the options that it resolves, which a plugin does not get. Resolves with undefined for a
 * process that is not cucumber's own command. The command line says nothing about the run there.
 */
export async function resolveOptions(
  argv: readonly string[],
  cwd: string,
): Promise<ResolvedOptions | undefined> {
  if (!/^cucumber(-js|\.js)?$/.test(basename(argv[1] ?? ''))) return undefined
  const { useConfiguration, runConfiguration } = await configurationOf(argv.slice(2), cwd)
  const { dryRun, order, shard, parallel, retry, failFast, worldParameters } = useConfiguration
  const { tags, name: names, paths } = useConfiguration
  const plugins = runConfiguration.plugins?.specifiers ?? []
  const chosen = { tags: tags ?? '', names, paths }
  return { dryRun, order, shard: shard ?? '', parallel, retry, failFast, worldParameters, plugins, ...chosen }
}

/** Returns what cucumber makes of arguments of its command, and of the configuration that they name. */
export async function configurationOf(args: readonly string[], cwd: string): Promise<IResolvedConfiguration> {
  const { loadConfiguration } = require('@cucumber/cucumber/api') as typeof import('@cucumber/cucumber/api')
  const [file] = optionValues(args, 'config', 'c').slice(-1)
  // The warnings of cucumber were given once already.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  return loadConfiguration(
    {
      ...(file === undefined ? {} : { file }),
      profiles: optionValues(args, 'profile', 'p'),
      provided: [...args],
    },
    { cwd, stderr: nowhere },
  )
}
