/** The Date header (RFC 3261 20.17). Pure; called by the parser. */

const form =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/i;

/** Whether exactly these bytes are a SIP-date. The only time zone is GMT (RFC 4475 3.1.2.12). */
export function isSipDate(bytes: Uint8Array, from: number, end: number): boolean {
  return end - from === 29 && form.test(Buffer.from(bytes.subarray(from, end)).toString('latin1'));
}
