import { declare, JSON_OPTION, type Command } from '../command'

/** The commands for a repository of deploys, and for the shell of a person. */
export const PROJECT: Readonly<Record<string, Command>> = {
  init: declare({
    group: 'project',
    summary: 'prepares this repository: cucumber.js, a first feature, settings',
    about: 'A file that is there is left as it is. All is written, or nothing.',
    options: {
      ci: {
        takes: 'system',
        only: ['github', 'gitlab'],
        help: 'also writes the jobs that lint, rehearse, plan and roll out',
      },
    },
    examples: [
      ['init', 'writes what is missing'],
      ['init --ci github', 'writes a workflow, too'],
    ],
    exits: { 0: 'written, also where nothing was to do', 2: 'a file cannot be written; nothing was' },
    load: () => (require('../init') as typeof import('../init')).init,
  }),
  steps: declare({
    group: 'project',
    summary: 'every sentence that a feature can use',
    options: { json: JSON_OPTION },
    examples: [['steps', 'lists them by noun, each with what it does to hosts']],
    exits: { 0: 'printed' },
    load: () => (require('../steps') as typeof import('../steps')).steps,
  }),
  completion: declare({
    group: 'project',
    summary: 'lets a shell complete commands, flags, features and runs',
    arguments: [
      {
        name: 'shell',
        help: 'the shell that is told',
        needed: true,
        many: false,
        only: ['bash', 'zsh', 'fish'],
        completed: 'nothing',
      },
    ],
    options: {},
    examples: [
      ['completion bash > ~/.local/share/bash-completion/completions/lockstep', 'for every new bash'],
      ['completion zsh > "${fpath[1]}/_lockstep"', 'for every new zsh'],
      ['completion fish > ~/.config/fish/completions/lockstep.fish', 'for every new fish'],
    ],
    exits: { 0: 'printed', 2: 'there is no such shell' },
    load: () => (require('../completion') as typeof import('../completion')).completion,
  }),
  help: declare({
    group: 'project',
    summary: 'this page, or the page of one command',
    arguments: [
      { name: 'command', help: 'the name of a command', needed: false, many: false, completed: 'commands' },
    ],
    options: {},
    examples: [['help run', 'the options of run, with examples']],
    exits: { 0: 'printed', 2: 'there is no such command' },
    // The page is made where the commands are known.
    load: () => () => ({ text: '', exitCode: 0 }),
  }),
}
