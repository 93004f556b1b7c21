import type { DataTable } from '@cucumber/cucumber'
import { Given } from '../support/cucumber/steps'

/** The profile `rehearse` reads this step from scenarios tagged @rehearse, which no profile runs. */
Given('these faults are rehearsed:', function (_faults: DataTable) {})
