/** The embedded spool keeps the contract of spools. */
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import { removeFolder, spoolOptions, temporaryFolder } from './place.ts'
import { spoolContract } from './suite.ts'

spoolContract('sqlite', async () => {
  const directory = await temporaryFolder()
  return { open: clock => openSpool(spoolOptions(directory, { clock })), remove: () => removeFolder(directory) }
})
