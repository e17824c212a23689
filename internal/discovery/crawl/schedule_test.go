package crawl

import (
	"testing"
	"time"
)

func TestCron(t *testing.T) {
	from := time.Date(2026, 2, 27, 22, 59, 30, 500, time.UTC) // a Friday
	for text, want := range map[string]string{
		"* * * * *":         "2026-02-27 23:00:00",
		"*/15 * * * *":      "2026-02-27 23:00:00",
		"45 */2 * * *":      "2026-02-28 00:45:00",
		"0 5 29 2 *":        "2028-02-29 05:00:00",
		"0 0 * * mon-tue":   "2026-03-02 00:00:00",
		"0 0 1 * 7":         "2026-03-01 00:00:00", // both, and a Sunday
		"0 0 13 * 1":        "2026-03-02 00:00:00", // either
		"10 0 0 1 jan ?":    "2027-01-01 00:00:10",
		"5-10/5,30 * * * *": "2026-02-27 23:05:00",
	} {
		c, err := ParseCron(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.Next(from).Format(time.DateTime); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "* * * *", "61 * * * *", "x * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 31 2 *"} {
		if _, err := ParseCron(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
