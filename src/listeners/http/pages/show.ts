/** Answers with a page in its frame: routes.ts makes one, every file of routes is given it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Page } from './layout.ts'

export type Show = (request: FastifyRequest, reply: FastifyReply, page: Page) => FastifyReply
