import { join } from 'node:path'
import { systemdUnit } from '../daemon/unit'

/** A package for hosts: its own Node, what is compiled, and the modules that this needs. */
export interface HostPackage {
  name: 'lockstep-agent' | 'lockstep'
  summary: string
  about: readonly string[]
  /** The files of dist that are started; undefined where all of dist is in the package. */
  entries?: readonly string[]
  /** The modules that are there beside those that the code loads. */
  alsoModules: readonly string[]
  /** Links in the folders of programs, by what each is linked to in the package's own folder. */
  commands: Readonly<Record<string, string>>
  /** True where a unit of systemd comes with it, and scripts that start and stop it. */
  isService: boolean
}

const BIN = 'support/bin'

export const HOST_PACKAGES: readonly HostPackage[] = [
  {
    name: 'lockstep-agent',
    summary: "Host's side of MCollective: answers the requests of Lockstep",
    about: [
      'Takes the place of mcollectived, with its server.cfg and on its wire. It brings',
      'its own Node, and needs none on the host.',
    ],
    entries: [`${BIN}/lockstep.cjs`, `${BIN}/lockstep.js`, `${BIN}/agent.js`],
    alsoModules: [],
    commands: { '/usr/sbin/lockstep-agent': 'lockstep-agent' },
    isService: true,
  },
  {
    name: 'lockstep',
    summary: 'Deploys written as Cucumber features, carried out over MCollective',
    about: [
      'Every host moves in lockstep, or the rollout stops. It brings its own Node and',
      'cucumber-js, and needs neither on the control host.',
    ],
    alsoModules: ['@cucumber/cucumber'],
    commands: { '/usr/bin/lockstep': 'lockstep' },
    isService: false,
  },
]

/** Returns the folder of a package: all but links, documents and the unit is there. */
export function folderOf({ name }: Pick<HostPackage, 'name'>): string {
  return `/usr/lib/${name}`
}

/** Returns the unit of the agent as the package has it, for a daemon that manages packages. */
export function unitOf(pack: HostPackage): string {
  const folder = folderOf(pack)
  const config = '/etc/mcollective/server.cfg'
  const program = join(folder, 'node_modules', 'lockstep', 'dist', BIN, 'lockstep.cjs')
  return systemdUnit({
    command: [join(folder, 'bin', 'node'), program, 'agent', '--config', config],
    environment: { stateFolder: '/var/lib/lockstep', auditFile: undefined, path: config },
    changesTheSystem: true,
  })
}

/** Returns whether a trace of the agent's code goes on: the table of commands names many, and it is one of them. */
export function leadsToAgent(from: string, to: string): boolean {
  return (
    !from.includes(`/${BIN}/commands/`) || !to.includes(`/${BIN}/`) || /\/(?:agent|command)\.js$/.test(to)
  )
}
