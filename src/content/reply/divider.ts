/**
 * Lines that say in words that somebody else's text begins: "-----Original Message-----", "Begin forwarded message:", "Please reply
 * above this line". What was forwarded is told apart, since it may be all that the mail is about.
 */
import { type Line, undecorated } from './line.ts'

const original: ReadonlySet<string> = new Set([
  'original message', 'reply message', 'original mail', 'original email', 'ursprüngliche nachricht', 'originalnachricht', 'ursprüngliche mail', 'original-nachricht',
  "message d'origine", 'message d’origine', 'message original', "mail original", 'mensaje original', 'mensagem original', 'messaggio originale', 'oorspronkelijk bericht',
  'origineel bericht', 'oorspronkelijke bericht', 'wiadomość oryginalna', 'oryginalna wiadomość', 'původní zpráva', 'pôvodná správa', 'oprindelig meddelelse', 'oprindelig besked',
  'opprinnelig melding', 'original melding', 'ursprungligt meddelande', 'originalmeddelande', 'alkuperäinen viesti', 'eredeti üzenet', 'mesaj original',
  'исходное сообщение', 'оригинальное сообщение', 'вихідне повідомлення', 'orijinal mesaj', 'özgün ileti', 'orjinal mesaj', 'asıl mesaj',
  '原始邮件', '原始郵件', '原邮件', '元のメッセージ', 'オリジナルメッセージ', '元のメール', '원본 메시지', '원본 메일', '원래 메시지', 'الرسالة الأصلية', 'הודעה מקורית',
]) // biome-ignore format: a table of words

const forwarded: ReadonlySet<string> = new Set([
  'forwarded message', 'forwarded mail', 'begin forwarded message', 'weitergeleitete nachricht', 'anfang der weitergeleiteten nachricht', 'anfang der weitergeleiteten e-mail',
  'message transféré', 'début du message transféré', 'début du message réexpédié', 'mensaje reenviado', 'inicio del mensaje reenviado', 'mensagem encaminhada', 'mensagem reencaminhada',
  'início da mensagem encaminhada', 'início da mensagem reencaminhada', 'messaggio inoltrato', 'inizio messaggio inoltrato', 'inizio del messaggio inoltrato', 'doorgestuurd bericht', 'begin doorgestuurd bericht',
  'doorgestuurde bericht', 'wiadomość przekazana dalej', 'przekazana wiadomość', 'treść przekazanej wiadomości', 'początek przekazywanej wiadomości', 'přeposlaná zpráva', 'začátek přeposlané zprávy',
  'videresendt meddelelse', 'videresendt besked', 'start på videresendt besked', 'videresendt melding', 'vidarebefordrat meddelande', 'vidarebefordrat brev', 'edelleenlähetetty viesti', 'välitetty viesti',
  'пересылаемое сообщение', 'переадресованное сообщение', 'начало переадресованного сообщения', 'forwarded message from', 'yönlendirilmiş ileti', 'yönlendirilen mesaj', 'iletilen mesaj', 'i̇letilmiş mesajın başlangıcı',
  '转发的邮件', '轉寄郵件', '转发邮件', '轉寄的郵件', '下面是被转发的邮件', '転送メッセージ', '転送されたメッセージ', '전달된 메시지', '전달된 메일', '다음은 전달된 메시지입니다', 'رسالة معاد توجيهها', 'הודעה שהועברה',
]) // biome-ignore format: a table of words

/** "Please type your reply above this line" is known by its end and by a word for replying; in words, not as a pattern: it is looked for in every line. */
const aboveThis: readonly string[] = [
  'above this line', 'above the line', 'above the dotted line', 'oberhalb dieser linie', 'oberhalb dieser zeile', 'über dieser linie', 'über dieser zeile', 'über diese linie',
  'au-dessus de cette ligne', 'encima de esta línea', 'acima desta linha', 'sopra questa riga', 'sopra questa linea', 'boven deze lijn', 'boven deze regel', 'powyżej tej linii',
  'nad tento řádek', 'over denne linje', 'ovenfor denne linje', 'ovanför denna rad', 'tämän rivin yläpuolelle', 'выше этой линии', 'выше этой строки', 'bu satırın üstüne', 'この行より上', 'この線より上',
  '在此行上方', '在此行之上', '在此线上方', '이 줄 위', '이 선 위',
] // biome-ignore format: a table of words
const replying: readonly string[] = [
  'reply', 'repl', 'respon', 'answer', 'write', 'type', 'antwort', 'schreib', 'répon', 'écri', 'respuesta', 'escri', 'rispo', 'scriv', 'antwoord', 'reageer', 'typ', 'odp', 'svar', 'skriv',
  'vasta', 'kirjoita', 'ответ', 'yanıt', 'cevap', '返信', '回复', '回覆', '답장', '회신',
] // biome-ignore format: a table of words
const decorated = /^[-#=*_~<>[(—]|[-#=*_~<>\])—]$/

/** `cut`: all below is quoted; `forward`: a forwarded message begins. */
export function dividerOf(line: Line): 'cut' | 'forward' | null {
  if (line.quote || line.long || line.plain.length > 200) return null
  const words = undecorated(line.lower).replace(/ ?[:：]$/, '')
  // Without dashes it is a divider only as Apple Mail writes it, with a colon.
  const marked = /^[*> ]{0,4}-/.test(line.plain) || /[:：]\*?$/.test(line.plain)
  if (marked && original.has(words)) return 'cut'
  if (marked && (forwarded.has(words) || /^forwarded (?:message|by) /.test(words)) && /^\*?-|[:：]\*?$/.test(line.plain)) return 'forward'
  return isAboveThis(line) ? 'cut' : null
}

const isAboveThis = ({ plain, lower }: Line): boolean =>
  decorated.test(plain) && aboveThis.some(words => lower.includes(words)) && replying.some(word => lower.includes(word))

const forwards = /^(?:fwd?|wg|tr|rv|enc|i|doorst|vb|vs|vl|pd|fs|vidarebefordra|ynt|i̇lt|ilt|пересл|转发|轉寄|転送|전달) ?[:：]/

/** Whether a subject is that of a forwarded message: `Fwd:`, `WG:`, `TR:` … */
export const isForwarded = (subject: string): boolean => forwards.test(subject.slice(0, 40).trim().toLowerCase())
