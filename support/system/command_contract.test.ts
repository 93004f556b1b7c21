import { commandRunnerContract } from '../testing/command_runner_contract'
import { runCommand } from './command'

describe('the runner of programs of this host', () => commandRunnerContract(() => runCommand, 5))
