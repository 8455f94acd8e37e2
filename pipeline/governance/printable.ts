/**
 * Text from outside as it may be shown: what a terminal, a log or a reader could be misled by is written as its code point.
 *
 * Controls move the cursor, format characters turn the direction of reading, lone surrogates cannot be encoded. Pure; depends on nothing.
 */

/** Written out, since Unicode's own classes grow with the version of Node, and messages are part of journaled results. */
const UNSHOWABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/** `text` on one line of at most `limit` characters; longer text ends in an ellipsis. */
export function printable(text: string, limit: number): string {
  const shown = text.slice(0, limit + 1).replace(UNSHOWABLE, (character) => `<${codePoint(character)}>`)
  return shown.length <= limit ? shown : `${shown.slice(0, limit - 1)}…`
}

/** `U+001B` for the character that the text begins with. */
export function codePoint(text: string): string {
  return `U+${text.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}
