import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readScript, type Making } from './deb'
import { folderOf, type HostPackage } from './host_packages'

/** Makes a package for Red Hat and its kin, byte by byte the same for the same files. Returns its path. */
export function makeRpm(pack: HostPackage, { version, epochS, node, staged, into, level }: Making): string {
  const work = mkdtempSync(join(tmpdir(), 'lockstep-rpm-'))
  try {
    const spec = join(work, `${pack.name}.spec`)
    writeFileSync(spec, formatSpec(pack, { version, needs: node.needs, nodeVersion: node.version }))
    const defines = [`_topdir ${work}`, `staged ${staged}`, `_binary_payload w${level}.zstdio`]
    // rpmbuild works in the folder that it is given and may empty it.
    const args = ['-bb', '--quiet', ...defines.flatMap((each) => ['--define', each]), spec]
    execFileSync('rpmbuild', args, {
      cwd: work,
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epochS) },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const made = readdirSync(join(work, 'RPMS'), { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('.rpm'),
    )
    if (made === undefined) throw new Error(`rpmbuild has made no package ${pack.name}`)
    const path = join(into, made.split('/').at(-1) ?? '')
    copyFileSync(join(work, 'RPMS', made), path)
    return path
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

interface SpecParts {
  version: string
  needs: readonly string[]
  nodeVersion: string
}

/** Macros that would add the time and the machine of a build, or change the files. */
const MACROS = [
  '%global __os_install_post %{nil}',
  '%global debug_package %{nil}',
  '%define _build_id_links none',
  '%define _buildhost lockstep',
  '%define use_source_date_epoch_as_buildtime 1',
  '%define clamp_mtime_to_source_date_epoch 1',
]

export function formatSpec(pack: HostPackage, { version, needs, nodeVersion }: SpecParts): string {
  const { name, summary, about, isService } = pack
  const section = (title: string, script: string) => ['', title, readScript(script).trimEnd()]
  return `${[
    ...MACROS,
    `Name: ${name}`,
    `Version: ${version.replaceAll('-', '~')}`,
    'Release: 1',
    `Summary: ${summary}`,
    'License: Apache-2.0',
    'AutoReqProv: no',
    `Provides: bundled(nodejs) = ${nodeVersion}`,
    ...needs.map((need) => `Requires: ${need}`),
    '',
    '%description',
    ...about,
    '',
    '%install',
    'cp -a %{staged}/. %{buildroot}/',
    'rm -rf %{buildroot}/DEBIAN %{buildroot}/usr/share/zsh/vendor-completions',
    ...(isService
      ? [
          ...section('%post', 'agent.rpm.post'),
          ...section('%preun', 'agent.rpm.preun'),
          ...section('%postun', 'agent.rpm.postun'),
        ]
      : []),
    '',
    '%files',
    '%defattr(-,root,root,-)',
    folderOf(pack),
    `/usr/share/doc/${name}`,
    ...Object.keys(pack.commands),
    ...(isService
      ? [`/usr/lib/systemd/system/${name}.service`]
      : [
          '/usr/share/man/man1/lockstep.1.gz',
          '/usr/share/bash-completion/completions/lockstep',
          '/usr/share/zsh/site-functions/_lockstep',
          '/usr/share/fish/vendor_completions.d/lockstep.fish',
        ]),
  ].join('\n')}\n`
}
