/** The embedded spool and the queue in memory keep the contract of queues. */

import { queueContract } from './queue.ts'
import { memoryPlace, sqlitePlace } from './queue-places.ts'

queueContract('sqlite', sqlitePlace)
queueContract('in memory', async () => memoryPlace())
