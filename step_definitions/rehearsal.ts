import { Given, type DataTable } from '@cucumber/cucumber'

/** The profile `rehearse` reads this step from scenarios tagged @rehearse, which no profile runs. */
Given('these faults are rehearsed:', function (_faults: DataTable) {})
