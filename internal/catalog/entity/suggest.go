package entity

import "strings"

// suggest returns the candidate that a misspelt word stands for, or "". It is strict: a wrong
// suggestion is worse than none.
func suggest(word string, candidates []string) string {
	low := strings.ToLower(word)
	best, bestAt := "", len(word)/4+1
	if len(word) < 4 {
		bestAt = 1 // short words: case only
	}
	for _, c := range candidates {
		if c == word {
			return ""
		}
		if d := distance(low, strings.ToLower(c)); d < bestAt || d == 0 {
			best, bestAt = c, d
		}
	}
	return best
}

// distance counts letters added, dropped, replaced and swapped with a neighbour. Words of more than
// 32 letters are not compared.
func distance(a, b string) int {
	if len(a) > 32 || len(b) > 32 {
		return 32
	}
	var before, last, row [33]int
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
