/** Loads HiGHS (npm `highs`). Its types describe the CommonJS build; what Node imports is the function itself. */
import highs from 'highs'

export const loadHighs = highs as unknown as typeof highs.default
