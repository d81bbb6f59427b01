/** Settings as text: keys and lists of values, whatever they mean. */

const LONGEST_TEXT = 20_000;

/** Splits settings into keys and lists of values, unchecked. */
export function readSettings(text: string): [key: string, values: string[]][] {
  if (text.length > LONGEST_TEXT)
    throw new Error(`The settings are ${text.length} characters long; at most ${LONGEST_TEXT} are possible`);
  // On a line of its own a query string needs its question mark.
  const lines = text.includes('\n') && !/^\s*\?.*\s*$/.test(text);
  const parts = lines ? text.split('\n') : text.trim().replace(/^\?/, '').split('&');
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      if (at < 1) throw new Error(`"${shorten(part)}" is not a setting; write key=value`);
      const key = part.slice(0, at).trim();
      return [key, readList(key, part.slice(at + 1), lines)];
    });
}

/** Only a model's name may itself hold a comma, so only there are values split before they are decoded. */
function readList(key: string, list: string, lines: boolean): string[] {
  const split = (text: string) => text.split(',').map((value) => value.trim());
  if (lines) return split(list);
  return key === 'model' ? split(list).map(decode) : split(decode(list));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % that nobody encoded
  }
}

/** Encodes what would end the value, the setting or the address, and leaves the rest readable. */
export function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|3D|3F|24|3B)/g, decodeURIComponent);
}

export function plain(value: string): string {
  if (/[,\n]/.test(value) || value !== value.trim())
    throw new Error(`"${shorten(value)}" cannot be written on a line of its own; use the query form`);
  return value;
}

export const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
