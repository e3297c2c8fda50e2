package scenarios

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// offset matches a moment relative to now: a sign, a number and a unit.
var offset = regexp.MustCompile(`^([+-])(\d{1,11})([smhdy])$`)

// units are the units of an offset. A year has 365 days.
var units = map[string]time.Duration{
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

// maxYears bounds an offset to what time.Duration holds, with room to spare.
const maxYears = 250

// layouts are the ways to write a date: midnight UTC, and RFC 3339.
var layouts = []string{time.DateOnly, time.RFC3339}

// Resolve returns the moment that t means at now, in UTC and to the second, which
// is all that a certificate holds (RFC 5280 4.1.2.5). The error of a text that is no Time says how to write one.
func (t Time) Resolve(now time.Time) (time.Time, error) {
	if d, relative, err := t.offset(); err != nil {
		return time.Time{}, err
	} else if relative {
		return now.Add(d).UTC().Truncate(time.Second), nil
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, string(t)); err == nil {
			return at.UTC().Truncate(time.Second), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", string(t))
}

// offset returns how far from now t is, where t is relative to now.
func (t Time) offset() (d time.Duration, relative bool, err error) {
	match := offset.FindStringSubmatch(string(t))
	if match == nil {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(match[2], 10, 64)
	if unit := units[match[3]]; err != nil || n > int64(maxYears*units["y"]/unit) {
		return 0, true, fmt.Errorf("%q is more than %d years away", string(t), maxYears)
	}
	if match[1] == "-" {
		n = -n
	}
	return time.Duration(n) * units[match[3]], true, nil
}
