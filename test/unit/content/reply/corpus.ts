/** Reads the messages of test/messages/replies: whole mails as clients send them, and what their writers wrote. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { simpleParser } from 'mailparser'
import { htmlToText } from '../../../../src/content/parts/html-text.ts'

const folder = path.join(import.meta.dirname, '../../../messages/replies')

export interface ReplyCase {
  readonly name: string
  readonly client: string
  readonly language: string
  readonly subject: string
  /** Made from the HTML where there is only that. */
  readonly text: string
  readonly html: string
  readonly expected: {
    readonly text: string
    /** A line that must stand among what is quoted; '' where nothing may. */
    readonly quotedLine: string
    readonly signature: string
  }
}

export async function readCases(): Promise<ReplyCase[]> {
  const names = readdirSync(folder)
    .filter(name => name.endsWith('.eml'))
    .map(name => name.slice(0, -4))
  return Promise.all(names.map(readCase))
}

const skip = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true }

async function readCase(name: string): Promise<ReplyCase> {
  const mail = await simpleParser(readFileSync(path.join(folder, `${name}.eml`)), skip)
  const { client, language, ...expected } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'))
  const html = mail.html || ''
  const text = mail.text || htmlToText(html)
  return { name, client, language, subject: mail.subject ?? '', text, html, expected }
}
