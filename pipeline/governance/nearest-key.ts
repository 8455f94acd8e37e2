/** Finds the known key a mistyped one was probably meant to be. Depends on nothing. */

/** The candidate nearest to `word` by edit distance, or undefined when none is within a third of its length. */
export function nearestKey(word: string, candidates: readonly string[]): string | undefined {
  const bound = Math.max(1, Math.floor(Math.max(word.length, 3) / 3))
  let best: string | undefined
  let bestDistance = bound + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Levenshtein distance with one row of memory. */
function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const substituted = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)
      diagonal = row[j]
      row[j] = Math.min(substituted, row[j] + 1, row[j - 1] + 1)
    }
  }
  return row[b.length]
}
