import { Given, type DataTable } from '@cucumber/cucumber'

/** Read by the profile `rehearse` from scenarios tagged @rehearse, which no profile runs. */
Given('these faults are rehearsed:', function (_faults: DataTable) {})
