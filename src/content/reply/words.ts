/**
 * The words of attributions in many languages: with what they begin, the verb, and the days. Data alone: to teach a language is to
 * add its words here and a message to test/messages/replies. All in lower case.
 */

/** First words of an attribution: "On …", "Am …", "W dniu …". The first word is enough; what else must be there is in attribution.ts. */
export const openings: ReadonlySet<string> = new Set(
  [
    'on at in', // English
    'am um', // German
    'le', // French
    'el', // Spanish
    'em a', // Portuguese
    'il in', // Italian
    'op', // Dutch
    'w dnia dn. o', // Polish
    'dne dňa', // Czech, Slovak
    'den d.', // Danish, Norwegian, Swedish
    'în pe', // Romanian
    'στις', // Greek
    'в', // Russian
    '在 于 於', // Chinese
    'pada vào', // Indonesian, Vietnamese
    'في', // Arabic
    'בתאריך ב-', // Hebrew
  ].flatMap(words => words.split(' ')),
)

/** Names of days, as far as they stand first: "pt., 20 lis 2026 o 09:14 … napisał(a):". Without point or comma. */
export const days: ReadonlySet<string> = new Set(
  [
    'mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday',
    'mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag',
    'lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche',
    'mié jue vie sáb dom lunes martes miércoles jueves viernes sábado domingo',
    'seg ter qua qui sex segunda-feira terça-feira quarta-feira quinta-feira sexta-feira',
    'gio lunedì martedì mercoledì giovedì venerdì sabato domenica',
    'ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag',
    'pon wt śr czw pt sob niedz nie poniedziałek wtorek środa czwartek piątek sobota niedziela',
    'po út st čt pá ne pondělí úterý středa čtvrtek pátek neděle',
    'man tir tirs ons tor tors fre lør søn mandag tirsdag onsdag torsdag fredag lørdag søndag',
    'mån tis lör sön måndag tisdag torsdag lördag söndag',
    'ke to pe la su maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai',
    'пн вт ср чт пт сб вс понедельник вторник среда четверг пятница суббота воскресенье нд',
    'pzt sal çar per cum cmt paz pazartesi salı çarşamba perşembe cuma cumartesi pazar',
  ].flatMap(words => words.split(' ')),
)

/** Verbs that stand last: "… Erin Example wrote:". */
export const lastVerbs: readonly string[] = [
  'wrote', 'writes', 'said', 'says', // English
  'schrieb', 'geschrieben', 'schrieben sie', // German
  'écrit', 'ecrit', 'nous a dit', // French
  'escribió', 'escribio', // Spanish
  'escreveu', // Portuguese
  'scritto', // Italian
  'geschreven', 'schreef', // Dutch
  'napisał', 'napisała', 'napisał(a)', 'pisze', // Polish
  'napsal', 'napsala', 'napsal(a)', 'napísal', 'napísal(a)', 'napísala', 'píše', // Czech, Slovak
  'skrev', 'skrev følgende', 'skrev följande', // Danish, Norwegian, Swedish
  'kirjoitti', // Finnish
  'írta', // Hungarian
  'a scris', // Romanian
  'έγραψε', // Greek
  'написал', 'написала', 'написал(а)', 'пишет', 'писал', 'писал(а)', // Russian
  'пише', 'написав', 'написав(-ла)', 'написав(ла)', // Ukrainian
  'yazdı', 'yazdi', // Turkish
  'menulis', 'đã viết', // Indonesian, Vietnamese
  '写道', '寫道', // Chinese
  'のメール', 'のメッセージ', 'は書きました', 'が書きました', 'wrote', // Japanese
  '작성', '작성함', '님이 작성', '님이 쓴 글', '쓴 메시지', // Korean
  'كتب', 'كتبت', 'كتب ما يلي', // Arabic
  'כתב', 'כתבה', 'כתב/ה', // Hebrew
] // biome-ignore format: a line a language

/** Verbs that the name may follow: "Am … schrieb Erin Example:". Whole words. */
export const middleVerbs: readonly string[] = ['schrieb', 'schreef', 'skrev', 'wrote', 'napisał', 'kirjoitti', 'كتابة', 'كتب']
