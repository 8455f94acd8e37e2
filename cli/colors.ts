/**
 * Colours for people: only on a terminal, and never with NO_COLOR set (https://no-color.org).
 *
 * picocolors' own default also colours pipes when `CI` is set, which would put escape codes into what scripts read.
 */
import pc from 'picocolors'

export const colors = pc.createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined)
