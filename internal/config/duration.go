package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// durationForms is the remedy wherever a duration is wrong.
const durationForms = "write for example 30m, PT30M or {minutes: 30}"

var units = map[string]time.Duration{
	"millisecond": time.Millisecond, "msec": time.Millisecond, "ms": time.Millisecond,
	"second": time.Second, "sec": time.Second, "s": time.Second,
	"minute": time.Minute, "min": time.Minute, "m": time.Minute,
	"hour": time.Hour, "hr": time.Hour, "h": time.Hour,
	"day": 24 * time.Hour, "d": 24 * time.Hour,
	"week": 7 * 24 * time.Hour, "w": 7 * 24 * time.Hour,
	"month": 30 * 24 * time.Hour,
	"year":  365 * 24 * time.Hour, "yr": 365 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

// unit finds a unit by its name, in the singular or plural.
func unit(name string) (time.Duration, bool) {
	name = strings.ToLower(name)
	if d, ok := units[name]; ok {
		return d, true
	}
	d, ok := units[strings.TrimSuffix(name, "s")]
	return d, ok && len(name) > 2
}

var (
	isoDuration = regexp.MustCompile(`^P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$`)
	isoUnits    = []string{"year", "month", "week", "day", "hour", "minute", "second"}
	amountUnit  = regexp.MustCompile(`^\s*(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z]+)`)
)

// ParseDuration reads a duration as people write it (30m, 1h30m, 2 days, 90 minutes) or in ISO
// 8601 (PT30M, P1D). A month is 30 days and a year 365. Negative durations are refused.
func ParseDuration(s string) (time.Duration, error) {
	text := strings.TrimSpace(s)
	if m := isoDuration.FindStringSubmatch(text); m != nil && text != "P" && !strings.HasSuffix(text, "T") {
		var sum time.Duration
		for i, amount := range m[1:] {
			if amount == "" {
				continue
			}
			d, err := times(amount, units[isoUnits[i]])
			if err != nil {
				return 0, err
			}
			if sum, err = plus(sum, d); err != nil {
				return 0, err
			}
		}
		return sum, nil
	}
	var sum time.Duration
	rest := text
	for rest != "" {
		m := amountUnit.FindStringSubmatch(rest)
		if m == nil {
			return 0, fmt.Errorf("not a duration")
		}
		u, ok := unit(m[2])
		if !ok {
			return 0, fmt.Errorf("%q is not a unit of time", m[2])
		}
		d, err := times(m[1], u)
		if err != nil {
			return 0, err
		}
		if sum, err = plus(sum, d); err != nil {
			return 0, err
		}
		rest = strings.TrimSpace(rest[len(m[0]):])
	}
	if text == "" {
		return 0, fmt.Errorf("empty")
	}
	return sum, nil
}

func times(amount string, u time.Duration) (time.Duration, error) {
	f, err := strconv.ParseFloat(amount, 64)
	switch {
	case err != nil || math.IsNaN(f):
		return 0, fmt.Errorf("%q is not a number", amount)
	case f < 0:
		return 0, fmt.Errorf("negative")
	case f*float64(u) >= math.MaxInt64:
		return 0, fmt.Errorf("longer than 292 years")
	}
	return time.Duration(math.Round(f * float64(u))), nil
}

func plus(a, b time.Duration) (time.Duration, error) {
	if a > math.MaxInt64-b {
		return 0, fmt.Errorf("longer than 292 years")
	}
	return a + b, nil
}

// duration decodes any of the forms: {minutes: 30}, PT30M, 30m.
func (d *decoder) duration(n Node) (time.Duration, bool) {
	switch n.Kind() {
	case String:
		v, err := ParseDuration(n.Text())
		if err != nil {
			d.fault(n, durationForms, "%s is not a duration (%v)", show(n), err)
		}
		return v, err == nil
	case Map:
		var sum time.Duration
		ok := true
		for _, key := range n.Keys() {
			c := n.Get(key)
			u, found := unit(key)
			if !found || !strings.HasSuffix(key, "s") || len(key) < 4 {
				d.faultKey(n, key, durationForms, "not a unit of time")
				ok = false
				continue
			}
			v, err := times(c.Text(), u)
			if err == nil {
				sum, err = plus(sum, v)
			}
			if err != nil {
				d.fault(c, durationForms, "%s is not an amount of %s (%v)", show(c), key, err)
				ok = false
			}
		}
		if ok && len(n.Keys()) == 0 {
			d.fault(n, durationForms, "an empty duration")
			ok = false
		}
		return sum, ok
	case Number:
		d.fault(n, durationForms, "a number without a unit of time")
	default:
		d.fault(n, durationForms, "%s where a duration was expected", n.Kind())
	}
	return 0, false
}

// cronLike tells "*/30 * * * *" from "1 hour 30 minutes": five or six fields, the first two without words.
var cronLike = regexp.MustCompile(`^\s*(?:[\d*/,-]+\s+){2}(?:[\w*/,#?-]+\s+){2,3}[\w*/,#?-]+\s*$`)

// Schedule is Backstage's schedule block: how often a task runs and how long it may take. Exactly
// one of Every, Cron and Manual is set.
type Schedule struct {
	Every        time.Duration
	Cron         string
	Manual       bool
	Timeout      time.Duration
	InitialDelay time.Duration
	Scope        string // global (default) or local
}

func (s *Schedule) decodeConfig(d *decoder, n Node) bool {
	type plain struct {
		Frequency    Node          `config:"frequency,required"`
		Timeout      time.Duration `config:"timeout"`
		InitialDelay time.Duration `config:"initialDelay"`
		Scope        string        `config:"scope,enum=global|local"`
	}
	p := plain{Scope: "global"}
	if !d.into(n, &p) {
		return false
	}
	*s = Schedule{Timeout: p.Timeout, InitialDelay: p.InitialDelay, Scope: p.Scope}
	f := p.Frequency
	switch cron := f.Get("cron"); {
	case f.Kind() == Map && cron.Exists():
		return d.into(cron, &s.Cron)
	case f.Kind() == Map && f.Get("trigger").Exists():
		if f.Get("trigger").Text() != "manual" {
			d.fault(f.Get("trigger"), "write manual", "%s is not a trigger", show(f.Get("trigger")))
			return false
		}
		s.Manual = true
		return true
	case f.Kind() == String && f.Text() == "manual":
		s.Manual = true
		return true
	case f.Kind() == String && cronLike.MatchString(f.Text()):
		s.Cron = strings.Join(strings.Fields(f.Text()), " ")
		return true
	}
	var ok bool
	s.Every, ok = d.duration(f)
	return ok
}
