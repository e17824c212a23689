package crawl

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Cron is a schedule of five fields, or six with seconds first, in UTC: minute, hour, day of the month, month, day of the week.
type Cron struct {
	second, minute, hour, day, month, weekday uint64
	anyDay, anyWeekday                        bool
}

var cronNames = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6,
}

// ParseCron reads a schedule as crontab(5) has it.
func ParseCron(s string) (*Cron, error) {
	fields := strings.Fields(s)
	if len(fields) == 5 {
		fields = append([]string{"0"}, fields...)
	}
	if len(fields) != 6 {
		return nil, fmt.Errorf("%q has %d fields, not 5", s, len(fields))
	}
	c := &Cron{anyDay: wild(fields[3]), anyWeekday: wild(fields[5])}
	for i, f := range []struct {
		bits      *uint64
		low, high int
	}{{&c.second, 0, 59}, {&c.minute, 0, 59}, {&c.hour, 0, 23}, {&c.day, 1, 31}, {&c.month, 1, 12}, {&c.weekday, 0, 7}} {
		var err error
		if *f.bits, err = cronField(fields[i], f.low, f.high); err != nil {
			return nil, err
		}
	}
	if c.weekday&(1<<7) != 0 {
		c.weekday |= 1
	}
	if c.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("%q never comes", s)
	}
	return c, nil
}

func wild(field string) bool { return field == "*" || field == "?" }

func cronField(s string, low, high int) (bits uint64, err error) {
	for part := range strings.SplitSeq(s, ",") {
		span, every, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = strconv.Atoi(every); err != nil || step < 1 {
				return 0, fmt.Errorf("%q is not a step", every)
			}
		}
		from, to := low, high
		if !wild(span) {
			first, last, ranged := strings.Cut(span, "-")
			if from, err = cronNumber(first, low, high); err != nil {
				return 0, err
			}
			switch {
			case ranged:
				if to, err = cronNumber(last, low, high); err != nil {
					return 0, err
				}
			case !stepped:
				to = from
			}
		}
		if from > to {
			return 0, fmt.Errorf("%q ends before it begins", span)
		}
		for i := from; i <= to; i += step {
			bits |= 1 << i
		}
	}
	return bits, nil
}

func cronNumber(s string, low, high int) (int, error) {
	n, named := cronNames[strings.ToLower(s)]
	if !named {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			return 0, fmt.Errorf("%q is not a number", s)
		}
	}
	if n < low || n > high {
		return 0, fmt.Errorf("%q is not from %d to %d", s, low, high)
	}
	return n, nil
}

// Next is the first time after t; zero where there is none within five years.
func (c *Cron) Next(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second).Add(time.Second)
	for last := t.AddDate(5, 0, 0); t.Before(last); {
		switch {
		case c.month&(1<<t.Month()) == 0:
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.onDay(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case c.hour&(1<<t.Hour()) == 0:
			t = t.Truncate(time.Hour).Add(time.Hour)
		case c.minute&(1<<t.Minute()) == 0:
			t = t.Truncate(time.Minute).Add(time.Minute)
		case c.second&(1<<t.Second()) == 0:
			t = t.Add(time.Second)
		default:
			return t
		}
	}
	return time.Time{}
}

// onDay is by either day where both are named, as cron does.
func (c *Cron) onDay(t time.Time) bool {
	day, weekday := c.day&(1<<t.Day()) != 0, c.weekday&(1<<t.Weekday()) != 0
	if c.anyDay || c.anyWeekday {
		return day && weekday
	}
	return day || weekday
}
