/**
 * What ends a text: the signature separator "-- " (RFC 3676 §4.3) and its many variants, and the line that a telephone or a web mailer adds
 * ("Sent from my …"). A greeting ("Kind regards, Erin") is text: it was written by a person.
 */
import type { Line } from './line.ts'

const quick: readonly RegExp[] = [
  // English
  /^sent (?:from|via|with|using) (?:my |a |the )?(?:\p{L}|\d)/u,
  /^sent by (?:my )?(?:galaxy|iphone|ipad|android|samsung|mobile)/,
  /^sent from outlook/,
  /^get outlook for /,
  /^get \[?outlook/,
  /^from my (?:iphone|ipad|ipod|android|mobile|phone|samsung|galaxy|blackberry|tablet|pixel|xperia|huawei|windows)/,
  /^\p{L}{1,20} from (?:my )?mobile$/u,
  /^yahoo mail: /,
  // German
  /^(?:von|aus) (?:meinem|meiner|der|outlook|samsung|yahoo|meiner|unterwegs).{0,80} (?:gesendet|geschickt)/,
  /^gesendet (?:von|mit|aus|über) /,
  /^diese nachricht wurde von .{1,60} gesendet/,
  /^(?:outlook für|holen sie sich outlook|laden sie outlook)/,
  // French
  /^envoyé (?:depuis|de|à partir d|avec|par|via) ?/,
  /^(?:obtenir|télécharger|obtenez|téléchargez) outlook pour /,
  // Spanish
  /^enviado (?:desde|con|a través|mediante) /,
  /^(?:obtener|obtenga|obtén|descargar) outlook para /,
  // Portuguese
  /^(?:enviado|enviada) (?:do|da|de|a partir|pelo|via|com) /,
  /^(?:obter o|obtenha o|baixe o) outlook para /,
  // Italian
  /^inviato (?:da|dal|dalla|con|tramite) ?/,
  /^(?:scarica|ottieni) outlook per /,
  // Dutch
  /^(?:verzonden|verstuurd|gestuurd) (?:vanaf|met|vanuit|via) /,
  /^(?:outlook voor|download outlook) /,
  // Polish, Czech, Slovak
  /^wysłan[eoya] (?:z|za|przy|ze) /,
  /^(?:pobierz|uzyskaj) (?:program |aplikację )?outlook/,
  /^odesláno (?:z|ze|pomocí|přes) /,
  /^(?:stáhnout|získat) outlook/,
  /^odoslané (?:z|zo) /,
  // Danish, Norwegian, Swedish, Finnish
  /^(?:sendt|skickat|skickad|sänt) (?:fra|från|med|via) /,
  /^(?:hent|få|hämta|skaffa) outlook /,
  /^från min (?:iphone|ipad|mobil|telefon|android)/,
  /^lähetetty (?:\p{L}|\d)/u,
  /^(?:hanki|lataa) outlook/,
  // Russian, Ukrainian
  /^отправлено (?:с|со|из|через|от) /,
  /^(?:скачать|получить|скачайте) outlook/,
  /^надіслано (?:з|із|зі) /,
  // Turkish
  /^(?:iphone|ipad|android|samsung|yahoo).{0,60}(?:gönderildi|gönderilmiştir)/,
  /(?:'?[dt][ae]n|'?[ıiuü]mdan) gönderildi$/,
  /^.{0,20}outlook.{0,10} (?:edinin|indirin)/,
  // Japanese, Chinese, Korean
  /^(?:.{1,40})から送信$/,
  /^(?:.{1,40})(?:から|より)送信(?:されました)?$/,
  /^(?:发自|發自|从我的|從我的|来自我的|來自我的|發送自|发送自).{1,60}$/,
  /^(?:获取|下载|取得|下載).{0,4}outlook/,
  /^.{0,16}outlook.{0,4}(?:を入手|をダウンロード|을? ?다운로드|다운 받기)/,
  /^outlook.{0,16}(?:を入手|다운로드)/,
  /^(?:나의 |내 )?.{1,40}에서 (?:보냄|보낸 메일|보냈습니다|전송)/,
  // Arabic, Hebrew
  /^(?:أُرسلت|أرسلت|تم الإرسال|أُرسل) من /,
  /^(?:נשלח) מ/,
]

const longestQuick = 140

/** "Sent from my …": a line that a client put below the text. */
export function isQuickSignature({ plain, long, lower, quote }: Line): boolean {
  if (long || quote || plain.length > longestQuick || plain.endsWith('?')) return false
  const bare = lower.replace(/\[([^[\]]{1,60})\]\([^()]{1,100}\)/, '$1').replace(/^[-<([*_ ]{1,4}(?=\p{L})/u, '')
  return quick.some(form => form.test(bare))
}

/** `always`: a signature stands below; `perhaps`: it may be a line in the text, as Markdown has them. */
export function separatorOf({ raw, plain, long, quote }: Line): 'always' | 'perhaps' | null {
  if (long || quote || plain === '') return null
  if (/^(?:--|—|__|–)$/.test(plain) && raw.length < 20) return 'always'
  if (/^_{20,}$/.test(plain)) return 'always'
  return /^(?:[-_,=+~#*—–ᐧ ]{2,}|ᐧ)$/.test(plain) ? 'perhaps' : null
}

/** Whether a line can stand in a signature below a line of dashes: it is short and no sentence, no item of a list, no heading. */
export const isSignatureLine = ({ plain, long }: Line): boolean => !long && plain.length <= longestLine && !isSentence.test(plain)

/** Below a line of dashes that may be text a signature has so many lines at most. */
export const mostSignatureLines = 7
const longestLine = 80
const isSentence = /[.!?:;…。！？]$|^(?:[-*+•] |\d{1,3}[.)] |#|\||`)/
