/**
 * Verification mail of other services: sign-up confirmations, codes, password resets. Whoever signs up elsewhere with an address
 * of ours wants us to show him such mail (the ticket trick), so it is told apart; nothing is refused for it. Services write these
 * subjects to whoever signed up. Those that people write as well ("Password reset") need a second sign.
 */
import { type Header, readableSubject } from '../../mail/header-fields.ts'
import { type Finding, finding } from './findings.ts'
import { firstKeyword } from './keywords.ts'

interface Subject {
  readonly pattern: RegExp
  /** Nobody writes this to a person. */
  readonly alone?: true
}

const code = '(?:(?:verification|security|confirmation|login|log-in|sign-?in|access|authentication|one[- ]time|passcode|pass)[ -]?)'

/** Tried behind a tag such as `[GitLab]`. */
export const verificationSubjects: readonly Subject[] = [
  // en
  {
    pattern:
      /^(?:please |action required: |reminder: )?(?:verify|confirm|validate|activate) your (?:new |primary )?(?:e-?mail(?: address)?|account|registration|subscription|sign-?up|identity|device)\b/i,
    alone: true,
  },
  {
    pattern: new RegExp(
      `^(?:your |here is your )(?:[\\p{L}\\d.&-]{1,30} ){0,3}(?:${code}code|one[- ]time (?:password|passcode|code|pin)|temporary password|magic link|(?:login|log-in|sign-?in) link)`,
      'iu',
    ),
    alone: true,
  },
  { pattern: new RegExp(`^[\\p{L}\\d.&-]{1,30} (?:${code}code|one[- ]time (?:password|passcode|code))(?:$|[ :])`, 'iu') },
  { pattern: /^[A-Z]?-?\d{3,4}[ -]?\d{2,4} is your (?:[\p{L}\d.&-]{1,30} ){0,4}(?:code|pin|password|passcode)\b/iu, alone: true },
  { pattern: /^(?:confirmation instructions|reset password instructions|unlock instructions)$/i, alone: true },
  { pattern: /^(?:please )?(?:reset|change|recover|create|set) (?:your|a new) (?:[\p{L}\d.&-]{1,30} ){0,3}password\b/iu },
  {
    pattern:
      /^(?:your )?(?:[\p{L}\d.&-]{1,30} ){0,3}password (?:reset|recovery|change)(?: (?:request|instructions|link|code|e-?mail))?(?:$|[ :])/iu,
  },
  { pattern: /^(?:sign|log) ?in to (?:your )?[\p{L}\d.&-]{1,30}/iu },
  { pattern: /^(?:you(?:['’]ve| have) been invited|.{1,60} (?:has )?invited you) to (?:join|collaborate)\b/i },
  { pattern: /^(?:verify|confirm|activate|complete|finish|finish setting up) (?:your|the) /i },
  { pattern: /^(?:e-?mail|account|address) (?:verification|confirmation|activation)(?:$|[ :])/i },
  { pattern: /^welcome to .{1,60}(?:confirm|verify|activate)/i },
  // de
  {
    pattern:
      /^(?:bitte )?(?:bestätigen|verifizieren|aktivieren) sie (?:ihre?n?|bitte ihre?n?) (?:neue )?(?:e-?mail|konto|account|registrierung|anmeldung)/i,
    alone: true,
  },
  { pattern: /^(?:bitte )?bestätige deine (?:e-?mail|registrierung|anmeldung)/i, alone: true },
  { pattern: /^(?:ihr|dein) (?:[\p{L}\d.&-]{1,30} ){0,2}(?:bestätigungs|sicherheits|verifizierungs|anmelde|zugangs)-?code/iu, alone: true },
  { pattern: /^(?:passwort (?:zurücksetzen|vergessen)|setzen sie ihr passwort zurück)/i },
  // fr
  {
    pattern:
      /^(?:veuillez )?(?:confirmez|vérifiez|validez|activez|confirmer|vérifier|valider|activer) votre (?:adresse|compte|e-?mail|inscription)/i,
    alone: true,
  },
  {
    pattern:
      /^(?:votre|voici votre) (?:[\p{L}\d.&-]{1,30} ){0,2}code (?:de (?:vérification|confirmation|sécurité|connexion)|d[’'](?:accès|authentification))/iu,
    alone: true,
  },
  { pattern: /^(?:réinitialis(?:ez|ation|er) (?:de )?votre mot de passe)/i },
  // es, pt
  {
    pattern:
      /^(?:por favor,? )?(?:confirm[ae]|verifi(?:ca|que|cá)|activ[ae]|valid[ae]) (?:tu|su|seu|o seu|sua|a sua) (?:dirección|correo|cuenta|e-?mail|endereço|conta|registro)/i,
    alone: true,
  },
  {
    pattern:
      /^(?:tu|su|seu) (?:[\p{L}\d.&-]{1,30} ){0,2}(?:código|codigo) de (?:verificación|confirmación|seguridad|acceso|verificação|confirmação|segurança|acesso)/iu,
    alone: true,
  },
  { pattern: /^(?:restablec(?:e|er|imiento de)|redefin(?:a|ir)|redefinição d[ea]) (?:tu |su |sua |a sua )?(?:contraseña|senha)/i },
  // it, nl
  { pattern: /^(?:conferma|verifica|attiva) (?:il tuo|la tua|il suo) (?:indirizzo|account|e-?mail|registrazione)/i, alone: true },
  { pattern: /^(?:bevestig|verifieer|activeer) (?:je|uw) (?:e-?mail|account|registratie)/i, alone: true },
  // ru, ja, zh
  { pattern: /^(?:подтвердите|подтверждение) (?:ваш(?:его)? )?(?:адрес|e-?mail|электронн|регистраци|аккаунт)/i, alone: true },
  { pattern: /^(?:код подтверждения|ваш код)/i, alone: true },
  { pattern: /^.{0,30}(?:メールアドレスの?(?:ご)?確認|認証コード|確認コード)/, alone: true },
  { pattern: /^.{0,30}(?:验证码|驗證碼|验证您的|驗證您的|确认您的)/, alone: true },
]

/** From a mailbox that nobody reads. */
const unread =
  /(?:^|[<\s."'_+-])(?:no|do-?not|donot|never)[._-]?reply(?:[+._-][^@\s<>]{0,64})?@|(?:^|<)\s*(?:notifications?|accounts?|verify|verification|security|auth|registration|signup|feedback)(?:-no-?reply|[+._-][^@\s<>]{0,64})?@/i
/** Fields of those who send for programs. */
const senders = ['feedback-id', 'x-sg-eid', 'x-mailgun-sid', 'x-ses-outgoing', 'x-mandrill-user', 'x-pm-message-id', 'list-unsubscribe']
/** A link that proves something to whoever opens it. */
const link = /https?:\/\/[^\s"'<>]{1,300}(?:verif|confirm|activat|password|reset|token|invit|magic)/i

const maxHead = 4096
const maxFrom = 1000

/** At most one. An answer in a thread is none: services begin a new one. Never throws. */
export function verificationFindings({ header, head }: { readonly header: Header; readonly head: string }): readonly Finding[] {
  const subject = readableSubject(header.first('subject') ?? '')
    .replace(/^\s*\[[^\]]{1,60}\]\s*/, '')
    .trim()
  const found = verificationSubjects.filter(({ pattern }) => pattern.test(subject))
  if (found.length === 0 || header.first('in-reply-to') !== undefined) return []
  const told = found.some(({ alone }) => alone) || hasSecondSign(header, head)
  return told ? [finding('verification', subject)] : []
}

const hasSecondSign = (header: Header, head: string): boolean =>
  header.all('auto-submitted').some(value => firstKeyword(value) !== 'no') ||
  unread.test((header.first('from') ?? '').slice(0, maxFrom)) ||
  senders.some(name => header.count(name) > 0) ||
  link.test(head.slice(0, maxHead))
