/**
 * The head of a quoted message as Outlook, Notes, Zimbra and telephones write it: "From: … Sent: … To: … Subject: …", in many
 * languages. Three lines of different meaning are needed, one of them the writer: people write "To: …" and "Date: …" too.
 */
import type { Line } from './line.ts'

export type Role = 'from' | 'date' | 'to' | 'subject' | 'other'

const labels: Readonly<Record<Role, readonly string[]>> = {
  from: [
    'from', 'von', 'de', 'da', 'van', 'fra', 'från', 'od', 'od', 'lähettäjä', 'feladó', 'от', 'від', 'кому от', 'kimden', 'gönderen',
    'expéditeur', 'remitente', 'remetente', 'mittente', 'afzender', 'nadawca', 'odesílatel', 'avsender', 'avsändare', 'de la', 'από',
    '发件人', '寄件者', '寄件人', '差出人', '送信元', '送信者', '보낸 사람', '보낸사람', '发自', 'من', 'מאת', 'dari', 'từ',
  ],
  date: [
    'sent', 'date', 'gesendet', 'datum', 'envoyé', 'envoyé le', 'le', 'enviado', 'enviado el', 'enviada em', 'enviado em', 'enviados', 'fecha', 'data',
    'inviato', 'verzonden', 'sendt', 'dato', 'skickat', 'wysłano', 'wysłane', 'odesláno', 'lähetetty', 'päivämäärä', 'päiväys', 'дата',
    'отправлено', 'дата отправки', 'надіслано', 'gönderildi', 'gönderme tarihi', 'tarih', '发送时间', '发送日期', '日期', '寄件日期', '傳送日期', '時間', '时间',
    '送信日時', '日時', '日付', '送信日', '보낸 날짜', '날짜', '보낸 시간', 'trimis', 'elküldve', 'dátum', 'odoslané', 'תאריך', 'נשלח', 'تاريخ', 'تاريخ الإرسال', 'التاريخ',
  ],
  to: [
    'to', 'an', 'à', 'a', 'para', 'aan', 'til', 'till', 'do', 'komu', 'vastaanottaja', 'címzett', 'кому', 'kime', 'alıcı', 'destinataire', 'pour',
    'destinatario', 'destinatário', 'către', '收件人', '收件者', '宛先', '送信先', '받는 사람', '받는사람', 'إلى', 'אל', 'empfänger', 'adresat', 'prima',
  ],
  subject: [
    'subject', 'betreff', 'objet', 'asunto', 'assunto', 'oggetto', 'onderwerp', 'emne', 'ämne', 'temat', 'předmět', 'predmet', 'aihe', 'tárgy', 'subiect',
    'тема', 'konu', 'sujet', '主题', '主題', '主旨', '件名', '제목', 'الموضوع', 'נושא', 'θέμα', 'fw', 're',
  ],
  other: ['cc', 'bcc', 'kopie', 'kopia', 'copia', 'ccn', 'kopi', 'dw', 'udw', 'копия', 'bilgi', '抄送', '副本', '참조', 'reply-to', 'antwort an', 'répondre à', 'responder a', 'rispondi a', 'importance', 'wichtigkeit', 'attachments', 'organization', 'message-id'],
} // biome-ignore format: tables of words

const roles: ReadonlyMap<string, Role> = new Map(
  Object.entries(labels).flatMap(([role, words]) => words.map(word => [word, role as Role] as const)),
)

/** How far a heading reaches: recipients may be wrapped over lines, and HTML leaves empty lines between. */
const reach = 16
const mostBetween = 3

/** Whether a heading begins in this line. `meant`: what each line is the label of, as `roleOf` says. */
export function headingAt(meant: readonly (Role | null)[], start: number): boolean {
  if (meant[start] === null) return false
  const seen = new Set<Role>()
  let between = 0
  for (let at = start; at < meant.length && at < start + reach && between <= mostBetween; at++) {
    const role = meant[at]!
    if (role === null) between++
    else {
      seen.add(role)
      between = 0
    }
    if (seen.has('from') && seen.size - (seen.has('other') ? 1 : 0) >= 3) return true
  }
  return false
}

export function roleOf(line: Line): Role | null {
  if (line.quote || line.long) return null
  const match = /^[*_ ]{0,4}([^:：*]{1,24}?)[*_ ]{0,4}[:：]/.exec(line.lower)
  return match === null ? null : (roles.get(match[1]!.trim()) ?? null)
}
